"""Makes operations.json, the catalogue of the service's documented GraphQL operations, from the text of its documentation.

    python3 make.py QUERIES.txt MUTATIONS.txt > operations.json

Queries and mutations are found by their documents (`query Name(...) { field(...) { ... } }`), not by headings: some have none. Of each
the catalogue holds its name, arguments with types, what it returns (from the response that is shown, which must name the fields that the
document selects), the codes of its errors, and whether the authorisation header is said to be needed. A line is an operation, so that
what changes can be read in a comparison of two catalogues.
"""

import json
import re
import sys

TOKEN = re.compile(r'\.\.\.|"(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z_0-9]*|-?\d+(?:\.\d+)?|[{}()\[\]:!$,=|]')
NEEDS_KEY = re.compile(r"This field requires the\s+Authorization\s+header to be set")
ERROR = re.compile(r"^- ((?:KT|OE)-[A-Z0-9-]+): (.*)$")


class Tokens:
    """The tokens of a text from a place on."""

    def __init__(self, text, at):
        self.text, self.at = text, at

    def peek(self):
        match = TOKEN.search(self.text, self.at)
        if not match or self.text[self.at : match.start()].strip():
            raise SystemExit(f"unreadable at {self.at}: {self.text[self.at : self.at + 80]!r}")
        return match

    def take(self, wanted=None):
        match = self.peek()
        if wanted is not None and match.group() != wanted:
            raise SystemExit(f"{match.group()!r} instead of {wanted!r} at {self.at}")
        self.at = match.end()
        return match.group()

    def next_is(self, wanted):
        return self.peek().group() == wanted


def type_of(tokens):
    if tokens.next_is("["):
        tokens.take()
        inner = f"[{type_of(tokens)}]"
        tokens.take("]")
    else:
        inner = tokens.take()
    if tokens.next_is("!"):
        inner += tokens.take()
    return inner


def signature(tokens):
    """`($name: Type!, ...)`, or nothing."""
    if not tokens.next_is("("):
        return {}
    tokens.take()
    found = {}
    while not tokens.next_is(")"):
        tokens.take("$")
        name = tokens.take()
        tokens.take(":")
        found[name] = type_of(tokens)
        if tokens.next_is(","):
            tokens.take()
    tokens.take()
    return found


def given(tokens):
    """`(argument: $variable, ...)`: which variable stands for which argument."""
    if not tokens.next_is("("):
        return {}
    tokens.take()
    found = {}
    while not tokens.next_is(")"):
        name = tokens.take()
        tokens.take(":")
        tokens.take("$")
        found[name] = tokens.take()
        if tokens.next_is(","):
            tokens.take()
    tokens.take()
    return found


def selection(tokens):
    """`{ field field { ... } ...Fragment }` as a dict; a fragment is under its name with its dots; None where there is none."""
    if not tokens.next_is("{"):
        return None
    tokens.take()
    found = {}
    while not tokens.next_is("}"):
        if tokens.next_is("..."):
            tokens.take()
            spread = tokens.take()
            if spread == "on":
                spread = "on " + tokens.take()
                selection(tokens)
            found["..." + spread] = None
            continue
        name = tokens.take()
        if name in found:
            raise SystemExit(f"{name} twice")
        found[name] = selection(tokens)
    tokens.take()
    return found


def sample(tokens):
    """A value of the response that is shown: what kind of thing it is; `any` where several are shown."""
    found = one_sample(tokens)
    while tokens.next_is("|"):
        tokens.take()
        one_sample(tokens)
        found = "any"
    return found


def one_sample(tokens):
    token = tokens.take()
    if token == "{":
        found = {}
        while not tokens.next_is("}"):
            name = json.loads(tokens.take())
            tokens.take(":")
            found[name] = sample(tokens)
            if tokens.next_is(","):
                tokens.take()
        tokens.take()
        return found
    if token == "[":
        inner = sample(tokens)
        tokens.take("]")
        return [inner] if isinstance(inner, dict) else f"[{inner}]"
    if token.startswith('"'):
        text = json.loads(token)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return "date"
        if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", text):
            return "time"
        return "choice" if re.fullmatch(r"[A-Z][A-Z0-9_]*", text) else "text"
    if token in ("true", "false"):
        return "boolean"
    return "number" if re.fullmatch(r"-?[\d.]+", token) else token


def compare(name, selected, returned):
    """What is returned, where the fields of the response are those that the document selects; of a union its types, with | between."""
    if isinstance(returned, list):
        return [compare(name, selected, returned[0])]
    if selected is None:
        return "json" if isinstance(returned, dict) else returned
    spreads = [one for one in selected if one.startswith("...")]
    if not isinstance(returned, dict):
        if len(spreads) != len(selected):
            raise SystemExit(f"{name}: the response has {returned}, the document {list(selected)}")
        types = " | ".join(one.removeprefix("...on ") for one in spreads if one.startswith("...on "))
        if not types:
            return returned
        return f"[{types}]" if returned.startswith("[") else types
    if set(selected) != set(returned):
        raise SystemExit(f"{name}: {set(selected) ^ set(returned)}")
    return {field: compare(f"{name}.{field}", selected[field], returned[field]) for field in selected}


def operations(text, word):
    starts = [match.start() for match in re.finditer(rf"^{word} [A-Z]", text, re.M)]
    before = 0
    for start in starts:
        tokens = Tokens(text, start)
        tokens.take(word)
        tokens.take()
        types = signature(tokens)
        tokens.take("{")
        name = tokens.take()
        variables = given(tokens)
        selected = selection(tokens)
        tokens.take("}")
        if set(types) != set(variables.values()):
            raise SystemExit(f"{name}: {types} against {variables}")
        shown = text.index("\nResponse\n", tokens.at)
        tokens.at = shown + len("\nResponse\n")
        for expected in ("{", '"data"', ":", "{", f'"{name}"', ":"):
            tokens.take(expected)
        returned = sample(tokens)
        tokens.take("}")
        tokens.take("}")
        returned = compare(name, selected, returned)
        head = text[before:start]
        errors = {}
        for line in head.split("\n"):
            match = ERROR.match(line.strip())
            if match:
                errors[match.group(1)] = match.group(2).strip()
        made = {"name": name, "kind": word, "arguments": {argument: types[variable] for argument, variable in variables.items()}, "returns": returned}
        kind = re.findall(r"^Type:(\S+)$", head, re.M)
        if kind:
            made["type"] = kind[-1]
        if errors:
            made["errors"] = errors
        if NEEDS_KEY.search(head):
            made["needs_key"] = True
        if "DEPRECATED" in head:
            made["deprecated"] = True
        before = tokens.at
        yield made


def main():
    queries, mutations = (open(name, encoding="utf-8").read() for name in sys.argv[1:3])
    made = [*operations(queries, "query"), *operations(mutations, "mutation")]
    words = {}
    for one in made:
        for code, said in one.get("errors", {}).items():
            words.setdefault(code, []).append(said)
    # A code is in words once; an operation names its codes.
    for one in made:
        if "errors" in one:
            one["errors"] = list(one["errors"])
    errors = {code: max(set(said), key=lambda text: (said.count(text), text)) for code, said in sorted(words.items())}
    lines = [json.dumps(one, separators=(",", ":")) for one in made]
    print('{"errors":' + json.dumps(errors, indent=0, separators=(",", ":")) + ',\n"operations":[\n' + ",\n".join(lines) + "\n]}")


main()
