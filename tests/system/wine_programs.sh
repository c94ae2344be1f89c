# Console programs of Wine's, as Debian packages them: cmd.exe with a batch file, reg, attrib, xcopy, hostname.
. "$srcdir/functions.sh"
wine=$wine_dll_dir
[ -f "$wine/cmd.exe" ] || skip_all "no cmd.exe in $wine"

# run NAME ARGUMENT...: its output without carriage returns; the status is the program's
run() {
    run_name=$1
    shift
    "$portico" "$wine/$run_name" "$@" >"$scratch/out.raw" 2>&1
    run_status=$?
    tr -d '\r' <"$scratch/out.raw" >"$scratch/out"
    return $run_status
}
dos() { printf 'Z:%s' "$1" | tr / '\\'; }

# What only reads the registry as it came needs no port server.
run hostname.exe
is "$?" 0 'hostname.exe ends'
is "$(cat "$scratch/out")" "$(uname -n | sed 's/\..*//' | cut -c 1-15)" 'it prints the name of the machine, as far as Windows has one'
[ ! -e "$PORTICO_RUNTIME_DIR/socket" ]
ok $? 'no port server was started for it'

server_start
run reg.exe add 'HKCU\Software\PorticoSystemTest\Deep' /v Name /t REG_SZ /d 'some text' /f
is "$?" 0 'reg.exe adds a value, and its keys'
run reg.exe add 'HKLM\Software\Microsoft\Windows\CurrentVersion' /v ProgramFilesDir /t REG_SZ /d 'C:\Programs' /f
is "$?" 0 'and changes one that was there'
run reg.exe query 'HKCU\Software\PorticoSystemTest' /s
like "$(cat "$scratch/out")" 'Name +REG_SZ +some text' 'another process sees it'
run reg.exe query 'HKLM\Software\Microsoft\Windows\CurrentVersion' /v ProgramFilesDir
like "$(cat "$scratch/out")" 'C:.Programs$' 'and what was changed'
run reg.exe delete 'HKCU\Software\PorticoSystemTest' /f
is "$?" 0 'it is deleted'
run reg.exe query 'HKCU\Software\PorticoSystemTest'
is "$?" 1 'and gone'
"$portserver" --stop >/dev/null
[ ! -e "$PORTICO_RUNTIME_DIR/registry" ]
ok $? 'with the port server its registry ends'

cat >"$scratch/test.bat" <<'EOF'
@echo off
set word=hello
for %%i in (1 2 3) do echo %word% %%i
if exist "%~dp0given.txt" (echo found) else (echo missing)
call :sub one
attrib.exe >nul
echo two words| find.exe "w"
exit /b 7
:sub
echo in %0 with %1
goto :eof
EOF
echo content >"$scratch/given.txt"
run cmd.exe /c "$(dos "$scratch/test.bat")"
is "$?" 7 'cmd.exe ends with the exit code of its batch file'
is "$(sed 's/ *$//' "$scratch/out")" "hello 1
hello 2
hello 3
found
in :sub with one
two words" 'which has done what it says'
run sc.exe query
is "$?" 1 'sc.exe tells how it is used'
is "$(cat "$scratch/out")" 'Usage: sc command servicename [parameter= value ...]' 'in its words'
run sc.exe query SomeService
is "$?" 1 'it finds no service manager'
is "$(cat "$scratch/out")" 'portico: OpenSCManager: there is no service manager' 'which is said in one line'
run xcopy.exe "$(dos "$scratch/given.txt")" "$(dos "$scratch/copied/")" /i /y
is "$?" 0 'xcopy.exe copies'
is "$(cat "$scratch/copied/given.txt")" content 'the whole file'
run attrib.exe "$(dos "$scratch/given.txt")"
like "$(cat "$scratch/out")" 'A .*given\.txt' 'attrib.exe shows attributes'
run cmd.exe /c cmd /c exit 3
is "$?" 3 'cmd.exe finds a program by its name alone'
run cmd.exe /c dir /b 'C:\windows\system32\FIND.*'
like "$(cat "$scratch/out")" '^find\.exe' 'which a listing by that name shows'
run cmd.exe /c dir /b 'C:\windows\system32\*.exe'
is "$(grep -ci '^find\.exe' "$scratch/out")" 0 'one of everything does not, and what deletes all of it leaves it alone'
done_testing
