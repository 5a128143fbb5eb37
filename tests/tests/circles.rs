//! No circle of files in any crate: what a file uses never leads back to it. A parent and its child modules count, re-exports and
//! tests do not. The wheel's Python modules are held to the same.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::Visit;

/// A module's path within its crate; empty for the root.
type Module = Vec<String>;

/// Which file uses which.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// Names on a path, and whether it belongs to a re-export.
struct Named {
    path: Vec<String>,
    as_name: String,
    re_exported: bool,
}

/// All that one file names.
#[derive(Default)]
struct Names {
    imports: Vec<Named>,
    paths: Vec<Vec<String>>,
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn flatten(tree: &syn::UseTree, path: &mut Vec<String>, re_exported: bool, into: &mut Vec<Named>) {
    let mut add = |path: Vec<String>, as_name: String| into.push(Named { path, as_name, re_exported });
    match tree {
        syn::UseTree::Path(step) => {
            path.push(step.ident.to_string());
            flatten(&step.tree, path, re_exported, into);
            path.pop();
        }
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, path, re_exported, into));
        }
        syn::UseTree::Name(name) if name.ident == "self" => {
            add(path.clone(), path.last().cloned().unwrap_or_default());
        }
        syn::UseTree::Name(name) => {
            add([&path[..], &[name.ident.to_string()]].concat(), name.ident.to_string());
        }
        syn::UseTree::Rename(name) => {
            add([&path[..], &[name.ident.to_string()]].concat(), name.rename.to_string());
        }
        syn::UseTree::Glob(_) => add(path.clone(), "*".to_owned()),
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => return syn::visit::visit_item(self, item),
        };
        if !is_for_tests(attributes) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let re_exported = !matches!(item.vis, syn::Visibility::Inherited);
        flatten(&item.tree, &mut Vec::new(), re_exported, &mut self.imports);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }

    /// What stands in a macro's brackets is not parsed: its paths are found by their colons.
    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let text = called.tokens.to_string().replace(" :: ", "::");
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for word in text.split(|c| !is_word(c)).filter(|word| word.contains("::")) {
            self.paths.push(word.split("::").map(str::to_owned).collect());
        }
        syn::visit::visit_macro(self, called);
    }
}

/// The modules of a crate that have files of their own.
struct Crate {
    modules: BTreeMap<Module, Names>,
}

impl Crate {
    fn read(root: &Path) -> Self {
        let mut modules = BTreeMap::new();
        let file = ["lib.rs", "main.rs"].into_iter().map(|name| root.join(name)).find(|file| file.exists());
        read_module(&file.expect("a root"), root, Vec::new(), &mut modules);
        Self { modules }
    }

    /// The module that a path of names begins at, and the names that are left.
    fn start<'a>(&self, module: &Module, path: &'a [String]) -> Option<(Module, &'a [String])> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some((Vec::new(), rest)),
            "self" => Some((module.clone(), rest)),
            "super" => {
                let above = rest.iter().take_while(|name| *name == "super").count();
                let kept = module.len().checked_sub(1 + above)?;
                Some((module[..kept].to_vec(), &rest[above..]))
            }
            _ => {
                let child = [&module[..], std::slice::from_ref(first)].concat();
                self.modules.contains_key(&child).then_some((child, rest))
            }
        }
    }

    /// The module in which what a path names is written, through re-exports and imports.
    fn home(&self, mut module: Module, path: &[String], depth: usize) -> Module {
        for (at, name) in path.iter().enumerate() {
            let child = [&module[..], std::slice::from_ref(name)].concat();
            if self.modules.contains_key(&child) {
                module = child;
                continue;
            }
            let imported = self.modules.get(&module).and_then(|names| {
                names.imports.iter().find(|import| import.as_name == *name && import.path.len() > 1)
            });
            if let Some(import) = imported.filter(|_| depth < 8)
                && let Some((start, rest)) = self.start(&module, &import.path)
            {
                return self.home(start, &[rest, &path[at + 1..]].concat(), depth + 1);
            }
            break;
        }
        module
    }

    fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (module, names) in &self.modules {
            let found = uses.entry(module.join("::")).or_default();
            let imports =
                names.imports.iter().filter(|import| !import.re_exported).map(|import| &import.path);
            for path in imports.chain(&names.paths) {
                if let Some((start, rest)) = self.start(module, path) {
                    let home = self.home(start, rest, 0);
                    if home != *module {
                        found.insert(home.join("::"));
                    }
                }
            }
        }
        uses
    }
}

fn read_module(file: &Path, folder: &Path, module: Module, into: &mut BTreeMap<Module, Names>) {
    let text = fs::read_to_string(file).unwrap();
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut names = Names::default();
    names.visit_file(&parsed);
    for item in &parsed.items {
        if let syn::Item::Mod(child) = item
            && child.content.is_none()
            && !is_for_tests(&child.attrs)
        {
            let name = child.ident.to_string();
            let folder = folder.join(&name);
            let files = [folder.with_extension("rs"), folder.join("mod.rs")];
            let file = files.into_iter().find(|file| file.exists()).expect("the module's file");
            read_module(&file, &folder, [&module[..], &[name]].concat(), into);
        }
    }
    into.insert(module, names);
}

/// The relative imports of Python modules, also those inside functions; not those for annotations alone, which never run.
fn python_uses(folder: &Path) -> Uses {
    let mut uses = Uses::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "py") {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            uses.insert(stem, python_imports(&fs::read_to_string(&path).unwrap()));
        }
    }
    uses
}

fn python_imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut for_annotations = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        for_annotations &= line.starts_with(' ');
        for_annotations |= line == "if TYPE_CHECKING:";
        let import = line.trim_start().strip_prefix("from .").and_then(|rest| rest.split_once(" import "));
        if let Some((module, names)) = import.filter(|_| !for_annotations) {
            if module.is_empty() {
                found.extend(names.split(',').map(|name| name.trim().to_owned()));
            } else {
                found.insert(module.to_owned());
            }
        }
    }
    found
}

/// The circles: each the files of which every one leads to every other.
fn circles(uses: &Uses) -> Vec<Vec<&str>> {
    let reached = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut left = vec![from];
        while let Some(file) = left.pop() {
            for next in uses.get(file).into_iter().flatten() {
                if seen.insert(next.as_str()) {
                    left.push(next);
                }
            }
        }
        seen
    };
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|file| (file.as_str(), reached(file))).collect();
    let mut found = Vec::new();
    for (file, seen) in &reach {
        let circle: Vec<&str> = seen
            .iter()
            .copied()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(file)))
            .collect();
        if circle.first() == Some(file) {
            found.push(circle);
        }
    }
    found
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn said(name: &str, uses: &Uses) -> Vec<String> {
    let of = |circle: Vec<&str>| {
        let lines = circle.iter().map(|file| {
            let used: Vec<&str> =
                uses[*file].iter().map(String::as_str).filter(|other| circle.contains(other)).collect();
            format!("  {} uses {}", if file.is_empty() { "the root" } else { file }, used.join(", "))
        });
        format!("{name}:\n{}", lines.collect::<Vec<_>>().join("\n"))
    };
    circles(uses).into_iter().map(of).collect()
}

#[test]
fn no_crate_has_a_circle_of_files() {
    let mut found = Vec::new();
    for entry in fs::read_dir(project().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        if folder.join("src").is_dir() {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            found.extend(said(&name, &Crate::read(&folder.join("src")).uses()));
        }
    }
    found.extend(said("kwhen-py, Python", &python_uses(&project().join("crates/kwhen-py/python/kwhen"))));
    assert!(found.is_empty(), "circles of files:\n{}", found.join("\n"));
}

#[test]
fn imports_of_python_modules_are_found() {
    let text = "from ._a import A\nfrom . import _b, _c\nimport json\n\nif TYPE_CHECKING:\n    from ._d import D\n\ndef f():\n    from ._e import E\n";
    let found: Vec<String> = python_imports(text).into_iter().collect();
    assert_eq!(found, ["_a", "_b", "_c", "_e"]);
}

#[test]
fn a_circle_is_found_through_a_re_export_and_between_parent_and_child() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write("lib.rs", "mod a; mod b; mod c; pub use a::A;");
    write("a.rs", "mod child; pub struct A; fn f() { crate::b::g() }");
    write("a/child.rs", "#[cfg(test)] mod tests { use super::super::c::C; }");
    write("b.rs", "pub fn g() { println!(\"{}\", crate::A::NAME) }");
    write("c.rs", "use crate::A; pub struct C; #[cfg(test)] use crate::c;");
    let uses = Crate::read(folder.path()).uses();
    assert_eq!(circles(&uses), [["a", "b"]]);
    write("a/child.rs", "use super::A;");
    assert_eq!(circles(&Crate::read(folder.path()).uses()), [["a", "b"]], "a child may use its parent");
    write("a.rs", "mod child; pub struct A; fn f() { child::f() }");
    assert_eq!(circles(&Crate::read(folder.path()).uses()), [["a", "a::child"]]);
}
