# The console's functions on the standard streams, which need no terminal: text is written and read as UTF-8. What would need a
# real console fails: by name, once, but for what Windows too refuses a redirected stream.
. "$srcdir/functions.sh"

refused='is not available: there is no console but the terminal and the streams'
printf 'a\303\251\n\360\237\230\200\nx\nend' | setsid -w "$portico" "$(program console)" >"$scratch/out" 2>"$scratch/err"
is "$?" 0 'what can work does, what cannot fails'
is "$(cat "$scratch/out")" "$(printf 'h\303\251\360\237\230\200\n\303\251\n61 e9 d a | d83d de00 | d a | 65 6e 64 | ')" 'UTF-8 both ways, line by line'
is "$(cat "$scratch/err")" "portico: SetConsoleTitle $refused
portico: a code page of the console other than 65001 (SetConsoleCP, SetConsoleOutputCP) is not available: the standard streams are UTF-8
portico: GenerateConsoleCtrlEvent $refused
portico: the console device (CONIN\$, CONOUT\$, AllocConsole) is not available: the process belongs to no terminal" 'each says its name, once'
"$portico" "$wine_dll_dir/cmd.exe" /c "$(program console)" </dev/null >"$scratch/out" 2>/dev/null
is "$(head -n 1 "$scratch/out")" "$(printf 'h\303\251\360\237\230\200')" 'a program started by another has the same streams'
done_testing
