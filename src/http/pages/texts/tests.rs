use authorization_server::state::scopes::USER_READ;

use super::{super::language::Language, judge::faults, *};

#[test]
fn every_language_has_every_text_in_its_plural_forms_and_at_a_length_that_fits() {
    for language in Language::ALL {
        let found = faults(language, file(language));
        assert!(found.is_empty(), "{language:?}:\n{}", found.join("\n"));
    }
}

/// The faults of the German file with a change.
fn german(from: &str, to: &str) -> Vec<String> {
    let text = file(Language::German);
    assert_eq!(text.matches(from).count(), 1, "{from}");
    faults(Language::German, &text.replace(from, to))
}

#[test]
fn each_fault_of_a_file_is_found() {
    for (from, to, fault) in [
        ("\nbutton_deny = Ablehnen\n", "\n", "no button_deny"),
        ("\nbutton_deny = ", "\nbutton_dny = x\nbutton_deny = ", "nothing uses button_dny"),
        ("\nbutton_deny = ", "\nbutton_deny = x\nbutton_deny = ", "a key occurs twice"),
        ("\nbutton_deny = Ablehnen\n", "\nbutton_deny\n", "Expected a token"),
        ("signed_in_as = Sie sind angemeldet als { $name }", "signed_in_as = { $nam }", "signed_in_as has the values"),
        (
            "\nbutton_deny = ",
            "\nbutton_deny = Ich möchte das auf keinen Fall erlauben, ",
            "button_deny has 49 characters",
        ),
        ("        [one] Eine Ablehnung", "        [two] Eine Ablehnung", "button_undo_denials has the plural forms"),
        ("\npermission_mail_read = ", "\npermission_mail = ", "de.ftl has no permission_mail_read"),
    ] {
        let found = german(from, to);
        assert!(found.iter().any(|found| found.contains(fault)), "{fault}: {found:?}");
    }
}

#[test]
fn arabic_needs_six_plural_forms() {
    let arabic = |count| Texts::of(Language::Arabic).button_undo_denials(count).plain();
    let forms: std::collections::BTreeSet<String> = [1, 2, 3, 11, 100].map(arabic).into();
    assert_eq!(forms.len(), 5, "{forms:?}");
}

#[test]
fn a_name_in_a_text_cannot_leave_its_element() {
    let text = Texts::of(Language::Arabic).consent_question("<b>\u{2069}x\u{2068}").to_string();
    assert!(text.contains("<bdi>&#60;b&#62;x</bdi>"), "{text}");
}

#[test]
fn a_text_that_a_language_lacks_is_english_and_one_that_nobody_has_is_its_key() {
    let german = Texts::of(Language::German);
    assert_eq!(german.text("no_such_text", &[]).plain(), "no_such_text");
    let without = Texts { language: Language::German, bundle: FluentBundle::new_concurrent(Vec::new()) };
    assert_eq!(without.button_deny(), Texts::of(Language::English).button_deny());
    assert_ne!(german.button_deny(), without.button_deny());
}

#[test]
fn a_permission_without_a_translation_has_the_sentence_of_its_row() {
    let without = Texts { language: Language::German, bundle: FluentBundle::new_concurrent(Vec::new()) };
    let sentence = without.sentence(&USER_READ);
    assert_eq!((sentence.text.as_str(), sentence.is_foreign), (USER_READ.sentence, true));
    let (english, german) = (Texts::of(Language::English), Texts::of(Language::German));
    assert!(!english.sentence(&USER_READ).is_foreign && !german.sentence(&USER_READ).is_foreign);
    assert_ne!(german.sentence(&USER_READ).text, USER_READ.sentence);
    let untranslated = format!("permission_user_read = {}\n", USER_READ.sentence);
    let mut bundle = FluentBundle::new_concurrent(Vec::new());
    bundle.add_resource(FluentResource::try_new(untranslated).unwrap()).unwrap();
    assert!(Texts { language: Language::German, bundle }.sentence(&USER_READ).is_foreign);
}

#[test]
fn every_translation_says_that_nobody_has_reviewed_it_and_names_no_file_that_its_reader_cannot_open() {
    for language in Language::ALL {
        let note = Texts::of(language).unreviewed().map(|note| note.plain());
        // When a language was reviewed, its note is removed, and the language is added here.
        let is_reviewed = language == Language::English;
        assert_eq!(note.is_some_and(|note| !note.contains(".ftl")), !is_reviewed, "{language:?}");
    }
}
