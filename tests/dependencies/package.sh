#!/usr/bin/env bash
# Packs every crate that users need as it would be published, and looks into each: what it is built from is in it, with a page and the licences,
# and no test, bench or fuzz target is. With --build each is built from what was packed, which takes as long as a build does.
set -euo pipefail
cd "$(dirname "$0")/../.."
crates=(kwhen kwhen-fetch kwhen-batch kwhen-app kwhen-page kwhen-agent kwhen-serve kwhen-cli)
packages=()
for crate in "${crates[@]}"; do packages+=(--package "$crate"); done
verify=(--no-verify)
[ "${1:-}" != --build ] || verify=()
cargo package --quiet --allow-dirty "${verify[@]}" "${packages[@]}"
folder=${CARGO_TARGET_DIR:-target}/package
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for crate in "${crates[@]}"; do
    packed=$(ls -t "$folder/$crate"-[0-9]*.crate | head -n 1)
    tar --extract --gzip --file "$packed" --directory "$work"
done
python3 - "$work" <<'PY'
import pathlib, re, sys

wrong = []
for crate in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    files = [path for path in crate.rglob("*") if path.is_file()]
    names = [str(path.relative_to(crate)) for path in files]
    for wanted in ("README.md", "LICENSE-MIT", "LICENSE-APACHE", "Cargo.toml"):
        if wanted not in names:
            wrong.append(f"{crate.name} lacks {wanted}")
    manifest = (crate / "Cargo.toml").read_text()
    for field in ("description", "license", "readme", "rust-version"):
        if not re.search(rf"^{field} = ", manifest, re.M):
            wrong.append(f"{crate.name} does not say its {field}")
    if "kwhen-fake-api" in manifest or re.search(r"^path = \"\.\./", manifest, re.M):
        wrong.append(f"{crate.name} needs a crate that is not published")
    for name in names:
        if re.match(r"(tests|benches|fuzz|examples)/", name) or name.endswith((".parquet", ".db")):
            wrong.append(f"{crate.name} holds {name}")
    # What is read while it is compiled lies within it; what tests alone read may lie beside it.
    for path in files:
        if path.suffix != ".rs" or path.name == "tests.rs" or "tests" in path.parts:
            continue
        text = path.read_text().split("#[cfg(test)]")[0]
        for included in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', text):
            if not (path.parent / included).is_file():
                wrong.append(f"{crate.name}: {path.relative_to(crate)} includes {included}, which is not in it")
    size = sum(path.stat().st_size for path in files)
    print(f"{crate.name}: {len(files)} files, {size // 1024} KiB")
    if size > 10 * 1024 * 1024:
        wrong.append(f"{crate.name} is larger than a registry takes")
sys.exit("\n".join(wrong) or 0)
PY
