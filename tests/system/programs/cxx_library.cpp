/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* C++: time, streams, the locale, files, the file system, regular expressions. Built for both
 * thread models of mingw-w64 (cxx.sh). */

#include <windows.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>

extern "C" {
#include "test.h"
}

namespace fs = std::filesystem;

static void test_chrono()
{
    using namespace std::chrono;
    auto start = steady_clock::now();
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    auto since_1601 =
        (static_cast<long long>(now.dwHighDateTime) << 32 | now.dwLowDateTime) / 10000000;
    auto since_1970 = duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
    ok(since_1970 - (since_1601 - 11644473600LL) <= 2 && since_1970 >= since_1601 - 11644473600LL,
       "system_clock is Windows' time");
    while (steady_clock::now() - start < milliseconds(2))
        ;
    ok(steady_clock::now() > start, "steady_clock goes on");
    std::time_t epoch = 86400 * 365;
    std::tm *utc = std::gmtime(&epoch);
    ok(utc && utc->tm_year == 71 && utc->tm_yday == 0, "gmtime");
    std::ostringstream text;
    text << std::put_time(utc, "%Y-%m-%d %H:%M:%S");
    ok(text.str() == "1971-01-01 00:00:00", "put_time: %s", text.str().c_str());
}

static void test_streams()
{
    std::ostringstream out;
    std::istringstream in("12 0x1f 3.25 word true");
    int decimal = 0, hexadecimal = 0;
    double real = 0;
    std::string word;
    bool flag = false;

    out << std::setw(6) << std::setfill('.') << 42 << std::hex << std::showbase << 255 << std::dec
        << ' ' << std::fixed << std::setprecision(3) << 2.0 / 3 << ' ' << std::boolalpha << true
        << ' ' << 1e300;
    ok(out.str().substr(0, 22) == "....420xff 0.667 true ", "formatted output: %s",
       out.str().substr(0, 22).c_str());
    in >> decimal >> std::hex >> hexadecimal >> std::dec >> real >> word >> std::boolalpha >> flag;
    ok(decimal == 12 && hexadecimal == 31 && real == 3.25 && word == "word" && flag,
       "formatted input");
    std::cout << "# by cout" << std::endl;
    std::cerr.flush();
    ok(std::cout.good() && std::cerr.good(), "the standard streams are good");
    std::wostringstream wide;
    wide << L"w\u00fc" << 5;
    ok(wide.str() == L"w\u00fc5", "wide streams");
}

static void test_locale()
{
    ok(std::locale().name() == "C", "the locale is C");
    ok(std::locale::classic().name() == "C" && std::toupper('x', std::locale::classic()) == 'X',
       "the classic one is there");
    int is_refused = 0;
    try {
        std::locale("xx_YY.nonsense");
    } catch (const std::runtime_error &) {
        is_refused = 1;
    }
    ok(is_refused, "one that is not there throws");
    ok(std::use_facet<std::numpunct<char>>(std::locale()).decimal_point() == '.',
       "the decimal point");
}

static void test_files()
{
    const char name[] = "cxx-file.txt";
    std::string line, all;
    {
        std::ofstream out(name);
        out << "first line\nsecond\n" << 3.5 << '\n';
        ok(out.good(), "an ofstream writes");
    }
    std::ifstream in(name);
    ok(static_cast<bool>(std::getline(in, line)) && line == "first line",
       "an ifstream reads a line");
    std::getline(in, line);
    double number = 0;
    in >> number;
    ok(number == 3.5, "and a number");
    in.clear();
    in.seekg(0, std::ios::end);
    is_number(static_cast<long long>(in.tellg()), 12 + 8 + 5,
              "text mode has written carriage returns");
    in.close();
    std::fstream both(name, std::ios::in | std::ios::out | std::ios::binary);
    both.seekp(0);
    both.write("FIRST", 5);
    both.seekg(0);
    std::getline(both, line);
    ok(line == "FIRST line\r", "an fstream changes bytes in place");
    both.close();
    std::ofstream(name, std::ios::app) << "tail";
    std::ifstream whole(name, std::ios::binary);
    all.assign(std::istreambuf_iterator<char>(whole), std::istreambuf_iterator<char>());
    ok(all.size() == 29 && all.substr(25) == "tail", "and one appends");
    whole.close();
    ok(!std::ifstream("no-such-file").is_open(), "a missing file is not open");
    ok(std::remove(name) == 0, "it is removed");
}

static void test_file_system()
{
    fs::path top = fs::temp_directory_path() / L"portico \u00e4\u4e2d";
    std::error_code error;
    int n_files = 0, n_all = 0;

    fs::remove_all(top, error);
    ok(fs::create_directories(top / "a" / "b"), "create_directories");
    std::ofstream(top / "a" / "one.txt") << "1234567";
    std::ofstream(top / "a" / "b" / L"zw\u00f6lf.txt") << "12";
    for (const fs::directory_entry &entry : fs::recursive_directory_iterator(top)) {
        n_all++;
        n_files += entry.is_regular_file();
    }
    ok(n_files == 2 && n_all == 4, "recursive_directory_iterator");
    ok(fs::file_size(top / "a" / "one.txt") == 7, "file_size");
    ok(fs::exists(top / "A" / "ONE.TXT"), "names are found in any case");
    fs::copy(top / "a", top / "c", fs::copy_options::recursive);
    ok(fs::exists(top / "c" / "b" / L"zw\u00f6lf.txt"), "copy, recursively");
    fs::rename(top / "c", top / "d");
    ok(fs::is_directory(top / "d") && !fs::exists(top / "c"), "rename");
    fs::resize_file(top / "d" / "one.txt", 3);
    ok(fs::file_size(top / "d" / "one.txt") == 3, "resize_file");
    auto written = fs::last_write_time(top / "d" / "one.txt");
    fs::last_write_time(top / "d" / "one.txt", written - std::chrono::hours(24));
    ok(fs::last_write_time(top / "d" / "one.txt") == written - std::chrono::hours(24),
       "last_write_time");
    ok(fs::equivalent(top / "a" / "one.txt", top / "a" / "b" / ".." / "one.txt"), "equivalent");
    ok(fs::canonical(top / "a" / "." / "b" / "..").filename() == "a", "canonical");
    fs::path before = fs::current_path();
    fs::current_path(top);
    ok(fs::exists("a/one.txt") && fs::absolute("a").parent_path() == fs::current_path(),
       "current_path");
    fs::current_path(before);
    ok(fs::space(top).capacity > 0, "space");
    fs::remove(top / "nothing", error);
    ok(!error, "to remove what is not there is no error");
    (void)fs::file_size(top / "nothing", error);
    ok(error == std::errc::no_such_file_or_directory, "its size is: %d", error.value());
    is_number(static_cast<long long>(fs::remove_all(top)), 9, "remove_all");
    ok(!fs::exists(top), "all of it");
}

static void test_regex()
{
    std::smatch match;
    std::string text = "on 2024-02-29 and 1999-12-31";
    std::regex date("(\\d{4})-(\\d{2})-(\\d{2})");
    int n = 0, is_refused = 0;

    ok(std::regex_search(text, match, date) && match[1] == "2024" && match[3] == "29",
       "regex_search");
    for (std::sregex_iterator at(text.begin(), text.end(), date), end; at != end; ++at)
        n++;
    is_number(n, 2, "sregex_iterator");
    ok(std::regex_replace(text, date, "$3.$2.$1") == "on 29.02.2024 and 31.12.1999",
       "regex_replace");
    try {
        std::regex("(unclosed");
    } catch (const std::regex_error &) {
        is_refused = 1;
    }
    ok(is_refused, "a wrong expression throws");
}

static void test_main(void)
{
    test_chrono();
    test_streams();
    test_locale();
    test_files();
    test_file_system();
    test_regex();
}
