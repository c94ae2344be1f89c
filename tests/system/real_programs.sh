# Programs as their authors built them, from the npm registry, of three tool chains: esbuild (Go), rumdl (Rust) and rcedit
# (Microsoft's C++, its run time linked in). Each does what it is for, and Portico has nothing to say about it.
. "$srcdir/functions.sh"
. "$srcdir/fetch.sh"

# fetch_npm NAME VERSION FILE SHA512: the program FILE of the package, at $scratch/npm/...
fetch_npm() {
    fetch_npm_file=$fetched/${1##*/}-$2.tgz
    fetch_url "https://registry.npmjs.org/$1/-/${1##*/}-$2.tgz" "$fetch_npm_file" "$4"
    mkdir -p "$scratch/npm" && tar -xzf "$fetch_npm_file" -C "$scratch/npm" "package/$3" || exit 99
}
fetch_npm @esbuild/win32-x64 0.28.2 esbuild.exe "e5e6e9c6bde758cceb2ffae7508ef9e4992e79ed1b1cbfc6ab459317d96f729b\
fbdf0029e5ebbc31f0548162bd6e15af6638fbc97f1eb5fffcb48f0d7b2ebde6"
fetch_npm @rumdl/cli-win32-x64 0.2.22 rumdl.exe "6b57eaad414f23c9a81676ab21205698b76a1cefc75179991ba3beae3806ead3\
7f6150a5927207b3ee26e9a935d6029fae1e54b5b06df070eb200f36ebef29b7"
fetch_npm rcedit 5.0.2 bin/rcedit-x64.exe "760cacc5a797678b272e93e39fc695b47bd90c2c7e69172f65b696060975a685\
3a38fbacb4cbce923f5af59a80490ea2e58e6ccc9d772d2be09443b0ae6814c4"
cd "$scratch" || exit 99

# run PROGRAM ARGUMENT...
run() {
    run_program=$scratch/npm/package/$1
    shift
    "$portico" "$run_program" "$@" >out 2>err </dev/null
    run_status=$?
    cat err >>errs
}

run esbuild.exe --version
is "$run_status:$(cat out)" 0:0.28.2 'esbuild: its version'
mkdir modules
echo 'import {twice} from "./modules/two.js"; console.log(twice(21))' >one.js
echo 'export const twice = x => x * 2; export const unused = 1' >modules/two.js
run esbuild.exe one.js --bundle --minify --log-level=warning --outfile=made/all.js
is "$run_status" 0 'bundles two modules'
is "$(cat made/all.js)" '(()=>{var o=t=>t*2;console.log(o(21));})();' 'into one'
echo 'const = 1' >bad.js
run esbuild.exe bad.js --bundle --color=false
is "$run_status" 1 'fails for a file with an error'
like "$(cat err)" 'Expected identifier but found "="' 'and says why'
like "$(cat err)" '^ *bad\.js:1:6:' 'and where'

run rumdl.exe --version
is "$run_status:$(cat out)" '0:rumdl 0.2.22' 'rumdl: its version'
printf '#Title\n\ntext\n' >text.md
run rumdl.exe check --no-cache text.md
is "$run_status" 1 'finds a fault'
like "$(cat out)" 'text\.md:1:[0-9]+: .*MD018' 'and names it'
run rumdl.exe check --no-cache --fix text.md
is "$(head -n 1 text.md)" '# Title' 'and mends it'

cp "$(program args)" named.exe
run bin/rcedit-x64.exe named.exe --set-version-string FileDescription 'a name of its own' --set-file-version 1.2.3.4
is "$run_status" 0 'rcedit: sets the resources of a program'
run bin/rcedit-x64.exe named.exe --get-version-string FileDescription
is "$run_status:$(cat out)" '0:a name of its own' 'reads them again'
"$portico" named.exe args one 'two three' 2>&1 | tr -d '\r' >out
is "$(cat out)" "[one]
[two three]" 'and the program runs as before'

is "$(grep '^portico:' errs)" '' 'Portico had nothing to say'
done_testing
