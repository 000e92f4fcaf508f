//! The texts of the pages: one file a language, in Fluent's syntax (<https://projectfluent.org/fluent/guide/>).
//!
//! Each text is a method of [`Texts`], so that a page can use no text that is not declared, and give it no other values than
//! the declared ones. The tests compare the files with the declarations.

mod declared;
mod text;

#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod translated;

use std::sync::LazyLock;

use authorization_server::state::scopes::Permission;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use http::HeaderMap;

pub(in crate::http) use self::text::PageText;
use super::language::Language;

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| Texts::read(Language::English));
static GERMAN: LazyLock<Texts> = LazyLock::new(|| Texts::read(Language::German));
static FRENCH: LazyLock<Texts> = LazyLock::new(|| Texts::read(Language::French));
static SPANISH: LazyLock<Texts> = LazyLock::new(|| Texts::read(Language::Spanish));
static JAPANESE: LazyLock<Texts> = LazyLock::new(|| Texts::read(Language::Japanese));
static ARABIC: LazyLock<Texts> = LazyLock::new(|| Texts::read(Language::Arabic));

/// The file of a language.
const fn file(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("en.ftl"),
        Language::German => include_str!("de.ftl"),
        Language::French => include_str!("fr.ftl"),
        Language::Spanish => include_str!("es.ftl"),
        Language::Japanese => include_str!("ja.ftl"),
        Language::Arabic => include_str!("ar.ftl"),
    }
}

/// The texts in one language.
pub(in crate::http) struct Texts {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// The sentence of a permission.
pub(super) struct Sentence {
    pub(super) text: String,
    /// Nobody has translated it.
    pub(super) is_foreign: bool,
}

impl Texts {
    /// In the language that the sender of these headers prefers.
    pub(in crate::http) fn preferred(headers: &HeaderMap) -> &'static Self {
        Self::of(Language::preferred(headers))
    }

    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::French => &FRENCH,
            Language::Spanish => &SPANISH,
            Language::Japanese => &JAPANESE,
            Language::Arabic => &ARABIC,
        }
    }

    fn read(language: Language) -> Self {
        // A test parses each file. If one had a fault, the texts around the fault would still be there.
        let resource = FluentResource::try_new(file(language).to_owned()).unwrap_or_else(|(resource, _)| resource);
        let mut bundle = FluentBundle::new_concurrent(language.tag().parse().into_iter().collect());
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    pub(in crate::http) fn language(&self) -> Language {
        self.language
    }

    /// The note that no speaker of the language has read the texts yet. It is removed from the file once one has.
    pub(super) fn unreviewed(&self) -> Option<PageText> {
        self.formatted("unreviewed", &FluentArgs::new())
    }

    /// The sentence for people that says what a permission allows: its row's, unless the language has another one.
    pub(super) fn sentence(&self, permission: &Permission) -> Sentence {
        let own = self.formatted(&sentence_key(permission), &FluentArgs::new());
        let text = own.map_or_else(|| permission.sentence.to_owned(), |text| text.plain());
        let is_foreign = self.language != Language::English && text == permission.sentence;
        Sentence { text, is_foreign }
    }

    /// In this language; else in English, which a reader can translate; else its key.
    fn text(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> PageText {
        let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        let text = self.formatted(key, &values).or_else(|| Self::of(Language::English).formatted(key, &values));
        text.unwrap_or_else(|| {
            tracing::error!(counted = true, key, "a page has no text");
            PageText::formatted(key)
        })
    }

    fn formatted(&self, key: &str, values: &FluentArgs<'_>) -> Option<PageText> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(values), &mut errors);
        errors.is_empty().then(|| PageText::formatted(&text))
    }
}

/// Fluent allows no dot in a name.
fn sentence_key(permission: &Permission) -> String {
    format!("permission_{}", permission.name.replace(|character: char| !character.is_ascii_alphanumeric(), "_"))
}
