//! Files that need each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::{resolve::Resolver, tree::SourceTree};

impl SourceTree {
    /// Groups of files that need each other, outside of tests. A name counts for the file that defines it, whatever
    /// module re-exports it.
    #[must_use]
    pub fn circles(&self) -> Vec<Vec<String>> {
        let needs = needs(self);
        let reached: BTreeMap<usize, BTreeSet<usize>> =
            needs.keys().map(|file| (*file, reach(&needs, *file))).collect();
        let together = |one: usize, other: usize| {
            let reaches = |from, to| reached.get(from).is_some_and(|files: &BTreeSet<usize>| files.contains(to));
            reaches(&one, &other) && reaches(&other, &one)
        };
        let circle = |file: usize| needs.keys().copied().filter(|other| together(file, *other)).collect::<Vec<_>>();
        let circles: BTreeSet<Vec<usize>> =
            needs.keys().map(|file| circle(*file)).filter(|files| files.len() > 1).collect();
        let path = |index: &usize| self.files.get(*index).map(|file| file.path.clone());
        circles.iter().map(|files| files.iter().filter_map(path).collect()).collect()
    }
}

/// For each file the others that it needs, outside of tests.
fn needs(tree: &SourceTree) -> BTreeMap<usize, BTreeSet<usize>> {
    let resolver = Resolver::new(tree);
    let of_file = |index: usize| {
        let Some(file) = tree.files.get(index).filter(|file| !file.is_test) else { return BTreeSet::new() };
        let named = file.named.iter().filter(|named| !named.in_test);
        let files = named.flat_map(|named| resolver.absolute(named)).filter_map(|path| resolver.file(&path));
        files.filter(|other| *other != index).collect()
    };
    (0..tree.files.len()).map(|index| (index, of_file(index))).collect()
}

fn reach(needs: &BTreeMap<usize, BTreeSet<usize>>, from: usize) -> BTreeSet<usize> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(file) = open.pop() {
        for next in needs.get(&file).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(*next);
            }
        }
    }
    reached
}
