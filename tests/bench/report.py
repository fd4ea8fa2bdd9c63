# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases, and the tables of what was measured."""
import collections
import statistics

COLUMNS = {  # of the tables that are printed: (figure, heading, digits after the point)
    "requests": [("rate", "requests/s", 0), ("p50_us", "p50 µs", 0), ("p99_us", "p99 µs", 0),
                 ("cpu_us", "CPU µs/request", 1)],
    "time": [("time_ms", "ms", 2), ("cpu_ms", "CPU ms", 2)],
    "memory": [("rss_mib", "RssAnon MiB", 2), ("pss_mib", "PSS MiB", 2)],
}
Case = collections.namedtuple("Case", "title kind once compared measure")
Compared = collections.namedtuple("Compared", "who others limits")
Limit = collections.namedtuple("Limit", "sign number holds")
CASES = []


def at_most(number):
    return Limit("≤", number, lambda value: value <= number)


def at_least(number):
    return Limit("≥", number, lambda value: value >= number)


def compare(who, *others, **limits):
    """A line with who's figures divided by others' (CPU: their sum), or without others as they are."""
    return Compared(who, others, limits)


def case(title, *compared, kind="requests", once=False):
    def add(measure):
        CASES.append(Case(title, kind, once, compared, measure))
        return measure
    return add


def spread(values, digits):
    values = [v for v in values if v is not None]
    if not values:
        return ""
    figures = [min(values), statistics.median(values), max(values)]
    return " / ".join(f"{v:,.{digits}f}" for v in (figures if len(values) > 1 else figures[:1]))


def divide(round_, compared, figure):
    """Who's figure of one round by the others': of CPU times by their sum, of the rest by the first."""
    value = round_.get(compared.who, {}).get(figure)
    others = [round_.get(o, {}).get(figure) for o in compared.others[:None if figure == "cpu_us" else 1]]
    if value is None or None in others:
        return None
    return value / sum(others) if others else value


def print_figures(case_, who, rounds, title):
    cells = [spread([r.get(who, {}).get(key) for r in rounds], digits) for key, _, digits in COLUMNS[case_.kind]]
    print("|", " | ".join([title, who, *cells, "", ""]), "|")


def print_compared(case_, compared, rounds):
    cells, limits, verdicts = [], [], []
    for key, heading, _ in COLUMNS[case_.kind]:
        values = [divide(r, compared, key) for r in rounds]
        cells.append(spread(values, 2) if compared.others or key in compared.limits else "")
        values = [v for v in values if v is not None]
        if key in compared.limits and values:
            limit = compared.limits[key]
            limits.append(f"{heading.split()[0]} {limit.sign} {limit.number:g}")
            verdicts.append("yes" if limit.holds(statistics.median(values)) else "no")
    if not any(cells):
        return
    name = f"{compared.who} : {' + '.join(compared.others)}" if compared.others else compared.who
    print("|", " | ".join(["", f"*{name}*", *cells, ", ".join(limits), ", ".join(verdicts)]), "|")


def print_table(kind, results, peers):
    chosen = [(c, rounds) for c, rounds in results if c.kind == kind and rounds]
    if not chosen:
        return
    headings = ["case", "who", *(heading for _, heading, _ in COLUMNS[kind]), "asked for", "reached"]
    print("\n|", " | ".join(headings), "|\n|" + "---|" * len(headings))
    for c, rounds in chosen:
        for i, who in enumerate(dict.fromkeys(w for r in rounds for w in r)):
            print_figures(c, who, rounds, "" if i else c.title)
        for compared in (*c.compared, *(compare(p, "dbd") for p in peers)):
            print_compared(c, compared, rounds)
