"""A second reading of the service's documentation, by other means than `crates/kwhen-fetch/catalogue/make.py`: line by line, without a
tokeniser. It prints an operation a line: kind, name, its arguments with their types in the order of their names, and its error codes.

    python3 parse.py QUERIES.txt MUTATIONS.txt
"""

import re
import sys


def blocks(lines, kind):
    """Each document with the lines since the one before it."""
    head, document, depth = [], [], 0
    for line in lines:
        if not document and re.match(rf"{kind} [A-Z]\w*\s*[({{]", line):
            document = [line]
        elif document:
            document.append(line)
        else:
            head.append(line)
            continue
        depth = sum(one.count("(") + one.count("{") - one.count(")") - one.count("}") for one in document)
        if depth == 0 and any("{" in one for one in document):
            yield head, " ".join(document)
            head, document = [], []


def main():
    for path, kind in zip(sys.argv[1:3], ("query", "mutation")):
        lines = open(path, encoding="utf-8").read().splitlines()
        for head, document in blocks(lines, kind):
            outer, inner = document.split("{", 1)
            declared = dict(re.findall(r"\$(\w+)\s*:\s*([\[\]\w!]+)", outer))
            name = re.match(r"\s*(\w+)", inner).group(1)
            passed = re.match(r"\s*\w+\s*\((.*?)\)", inner)
            names = re.findall(r"(\w+)\s*:\s*\$(\w+)", passed.group(1)) if passed else []
            arguments = ",".join(f"{argument}:{declared[variable]}" for argument, variable in sorted(names))
            codes = [match.group(1) for line in head if (match := re.match(r"- (\w\w-[\w-]+): ", line.strip()))]
            print(f"{kind} {name} ({arguments}) [{' '.join(sorted(set(codes)))}]")


main()
