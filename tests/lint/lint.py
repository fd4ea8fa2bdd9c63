# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules of the house that no compiler checks. Prints TAP.

Each rule takes the tree as {path: text} and gives its complaints. The real tree must give none; of each rule
there are made-up trees that must give one, so that a rule which sees nothing is noticed.
"""
import os
import re
import sys

FLOORS = {"base": 0, "format": 1, "sql": 1, "store": 1, "auth": 2, "api": 2, "http": 3, "systemd": 3, "daemon": 4}
LIBRARIES = {"microhttpd.h": "http", "systemd/": "systemd", "sqlite3.h": "store", "json-c/": "format", "json.h": "format"}
BANNED = {"sprintf": "snprintf", "vsprintf": "vsnprintf", "strcpy": "memcpy with a length", "strcat": "struct buf",
          "strtok": "strcspn", "atoi": "strtoll with checks", "atol": "strtoll with checks", "gets": "fgets",
          "alloca": "the arena", "strncpy": "memcpy with a length", "system": "nothing", "popen": "nothing"}
LINES_MAX = 500
# Formats without comments, texts with their own licence statement, and prose.
WITHOUT_SPDX = ("COPYING", "README", "NEWS", "packaging/debian/changelog", "packaging/debian/copyright",
                "packaging/debian/docs", "packaging/debian/examples", "packaging/debian/source/")
LICENCE = "SPDX-License-Identifier: LGPL-2.1-or-later"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def sources(tree, *folders):
    return {p: t for p, t in tree.items() if p.endswith((".c", ".h")) and p.split("/")[0] in (folders or ("src",))}


def bare(text):
    """C without comments and with empty strings."""
    keep = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return keep.sub(lambda m: '""' if m[0][0] == '"' else " " + "\n" * m[0].count("\n"), text)


def check_floors(tree):
    for path, text in sources(tree).items():
        folder = path.split("/")[1]
        if folder not in FLOORS:
            yield f"{path}: the folder has no floor"
            continue
        for kind, name in INCLUDE.findall(text):
            if kind == "<" or name == "config.h":
                continue
            other = name.split("/")[0]
            if "/" not in name or f"src/{name}" not in tree:
                yield f'{path}: "{name}" is not a path from src/'
            elif other != folder and FLOORS.get(other, 9) >= FLOORS[folder]:
                yield f'{path} (floor {FLOORS[folder]}): "{name}" is on floor {FLOORS.get(other, "?")}'


def check_libraries(tree):
    for path, text in sources(tree).items():
        for kind, name in INCLUDE.findall(text):
            for library, folder in LIBRARIES.items():
                named = name == library or library.endswith("/") and name.startswith(library)
                if kind == "<" and named and path.split("/")[1] != folder:
                    yield f"{path}: <{name}> belongs to src/{folder} alone"


def check_store_shows_no_sqlite(tree):
    """Other floors see store's headers, but no type of SQLite; a header of store's own business is not included by them."""
    seen = {n for p, t in sources(tree).items() if p.split("/")[1] != "store" for _, n in INCLUDE.findall(t)}
    for path, text in sources(tree).items():
        if path.startswith("src/store/") and path.endswith(".h") and path[4:] in seen and re.search(r"\bsqlite3", bare(text)):
            yield f"{path}: is included elsewhere and shows a type of SQLite"


def check_licence(tree):
    for path, text in tree.items():
        if text.strip() and LICENCE not in text[:600] and not path.startswith(WITHOUT_SPDX):
            yield f"{path}: no line with {LICENCE}"


def check_banned(tree):
    for path, text in sources(tree, "src", "tests").items():
        for m in re.finditer(r"\b(" + "|".join(BANNED) + r")[ \t]*\(", bare(text)):
            yield f"{path}:{bare(text).count(chr(10), 0, m.start()) + 1}: {m[1]}(); use {BANNED[m[1]]}"


def check_length(tree):
    for path, text in sources(tree).items():
        head = " ".join(re.findall(r"/\*.*?\*/", text[:3000], re.S)[:2])
        if text.count("\n") > LINES_MAX and not re.search(r"\blong\b|\blines\b|\bone file\b", head, re.I):
            yield f"{path}: {text.count(chr(10))} lines and no reason at its top"


def manual(tree):
    return "\n".join(t.replace("\\-", "-") for p, t in tree.items() if re.match(r"doc/dbd\.8", p))


def options(tree):
    """Names of the long options that are shown to users."""
    row = re.compile(r'\{\s*(?:KEY_\w+|\'.\'),\s*"([a-z-]+)",\s*(?:NULL|"[^"]*"),\s*(NULL|")')
    return [name for name, shown in row.findall(tree.get("src/daemon/options.c", "")) if shown != "NULL"]


def settings(tree):
    return re.findall(r"^[ \t]*[XBS]\((\w+),", tree.get("src/base/settings.h", ""), re.M)


def check_manual_options(tree):
    if not options(tree):
        yield "src/daemon/options.c: no table of options found"
    for name in options(tree):
        if not re.search(rf"--{name}(?![\w-])", manual(tree)):
            yield f"doc/dbd.8: --{name} is missing"
    for name in re.findall(r"(?<![\w-])--([a-z][a-z-]*)", manual(tree)):
        if name not in options(tree) and name not in FOREIGN_OPTIONS:
            yield f"doc/dbd.8: --{name} is not an option"


FOREIGN_OPTIONS = ("unix-socket", "now", "user", "vacuum-time", "fail-with-body", "full", "since", "unit", "follow")


def check_manual_settings(tree):
    if not settings(tree):
        yield "src/base/settings.h: no table of settings found"
    for name in settings(tree):
        if not re.search(rf"\b{name}\b", manual(tree)):
            yield f"doc/dbd.8: setting {name} is missing"


def check_distributed(tree):
    """What no makefile names is missing from a release."""
    makefiles = {w for p, t in tree.items() if p.endswith(".mk") or p == "Makefile.am" for w in re.split(r"[\s\\]+", t)}
    for path in tree:
        if path.endswith(".mk") or path in ("Makefile.am", "configure.ac", ".gitignore", "README", "NEWS") or not makefiles:
            continue  # automake takes these along by itself
        if path not in makefiles and not (path.endswith(".c") and path[:-2] in makefiles):
            yield f"{path}: no makefile names it"


def check_text(tree):
    for path, text in tree.items():
        if re.search(r"[ \t]+$", text, re.M) and not path.endswith((".patch", ".inc")):
            line = text.count("\n", 0, re.search(r"[ \t]+$", text, re.M).start()) + 1
            yield f"{path}:{line}: space at the end of a line"
        if text and not text.endswith("\n"):
            yield f"{path}: no newline at the end"
        if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", text) and path.startswith("src/"):
            yield f"{path}: unfinished business"


GOOD = {
    "src/base/a.h": f"/* {LICENCE} */\n", "src/base/settings.h": f"/* {LICENCE} */\n X(page, 1, 2, 3, \"\") \\\n",
    "src/store/s.h": f"/* {LICENCE} */\n", "src/daemon/options.c": f'/* {LICENCE} */\n{{KEY_UDS, "uds", "PATH", "x"}},\n{{\'p\', "port", "N", NULL}},\n',
    "doc/dbd.8.in": f".\\\" {LICENCE}\n\\-\\-uds page\n",
}
# rule, and what is laid over GOOD to break it
BROKEN = [
    (check_floors, {"src/base/b.c": '#include "store/s.h"\n'}), (check_floors, {"src/sql/b.c": '#include "store/s.h"\n'}),
    (check_floors, {"src/store/b.c": '#include "s.h"\n'}), (check_floors, {"src/new/b.c": "\n"}),
    (check_floors, {"src/api/b.c": '  #  include  "base/nowhere.h"\n'}),
    (check_libraries, {"src/api/b.c": "#include <sqlite3.h>\n"}), (check_libraries, {"src/api/b.c": "#include <json-c/json.h>\n"}),
    (check_libraries, {"src/daemon/b.c": "#include <systemd/sd-daemon.h>\n"}), (check_libraries, {"src/api/b.h": "#include <microhttpd.h>\n"}),
    (check_store_shows_no_sqlite, {"src/store/s.h": "sqlite3 *handle;\n", "src/api/b.c": '#include "store/s.h"\n'}),
    (check_licence, {"src/base/b.c": "int x;\n"}), (check_licence, {"units/x.in": "[Unit]\n"}), (check_licence, {"tests/run": "#!/bin/sh\n"}),
    (check_banned, {"src/base/b.c": "int f(void)\n{\n    return atoi (s);\n}\n"}), (check_banned, {"tests/unit/b.c": "sprintf(a, b);\n"}),
    (check_length, {"src/base/b.c": "int x;\n" * 501}),
    (check_manual_options, {"doc/dbd.8.in": "page\n"}), (check_manual_options, {"doc/dbd.8.in": "--uds --gone\n"}), (check_manual_options, {"src/daemon/options.c": ""}),
    (check_manual_options, {"doc/dbd.8.in": "--uds-mode\n"}),
    (check_manual_settings, {"doc/dbd.8.in": "--uds pages\n"}), (check_manual_settings, {"src/base/settings.h": ""}),
    (check_distributed, {"tests/local.mk": "x = src/base/a.h\n"}),
    (check_text, {"src/base/b.c": "int x; \n"}), (check_text, {"src/base/b.c": "int x;"}), (check_text, {"src/base/b.c": "/* TO" "DO */\n"}),
]
HARMLESS = [
    (check_floors, {"src/daemon/b.c": '#include "store/s.h"\n#include "config.h"\n#include <stdio.h>\n'}),
    (check_banned, {"src/base/b.c": '/* atoi(x) */ const char *s = "sprintf(x)"; snprintf(a, 1, b);\n'}),
    (check_length, {"src/base/b.c": "/* One file, because a table is easier to read whole. Long for that. */\n" + "int x;\n" * 501}),
]
RULES = [f for n, f in sorted(globals().items()) if n.startswith("check_")]


def read_tree(top):
    """What belongs to the project: known places, without what a build leaves there."""
    tree = {}
    skip = re.compile(r"(^|/)(\.git|\.deps|\.libs|__pycache__|autom4te\.cache|\.pytest_cache)(/|$)|\.(o|a|log|trs|pyc|tmp)$|(^|/)\.dirstamp$")
    for folder in ("src", "units", "doc", "tests", "packaging", ".ci"):
        for where, _, files in os.walk(os.path.join(top, folder)):
            for name in files:
                path = os.path.relpath(os.path.join(where, name), top)
                if not skip.search(path) and not (path + ".in" in files or os.path.exists(os.path.join(top, path + ".in"))):
                    tree[path] = os.path.join(top, path)
    for name in ("configure.ac", "Makefile.am", ".clang-format", ".gitignore", "README", "NEWS"):
        if os.path.exists(os.path.join(top, name)):
            tree[name] = os.path.join(top, name)
    texts = {}
    for path, where in sorted(tree.items()):
        with open(where, "rb") as f:
            raw = f.read()
        if raw[:4] != b"\x7fELF":
            texts[path] = raw.decode("utf-8", "surrogateescape")
    return texts


def main(top):
    number = failures = 0

    def ok(good, text, complaints=()):
        nonlocal number, failures
        number += 1
        failures += not good
        print(f"{'ok' if good else 'not ok'} {number} - {text}")
        for c in complaints:
            print("# " + c)

    tree = read_tree(top)
    for rule in RULES:
        complaints = list(rule(tree))
        ok(not complaints, f"{rule.__name__} on {len(tree)} files", complaints)
    for rule, files in BROKEN:
        ok(bool(list(rule({**GOOD, **files}))), f"{rule.__name__} can fail")
    for rule, files in HARMLESS:
        ok(not list(rule({**GOOD, **files})), f"{rule.__name__} does not fail for nothing")
    ok({r for r, _ in BROKEN} == set(RULES), "each rule is shown to fail")
    print(f"1..{number}")
    return failures > 0


sys.exit(main(sys.argv[1]))
