//! Prose lines of the documents are at most so long that they can be read and reviewed.

/// Characters of a line.
const WIDTH: usize = 120;

/// The lines of a Markdown text that are longer, by number. Rows of tables, blocks of code and URLs may be.
pub(crate) fn long_lines(text: &str) -> Vec<usize> {
    let (mut fenced, mut indented, mut after_blank) = (false, false, true);
    let mut is_long = |line: &str| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        indented = line.starts_with("    ") && (indented || after_blank);
        after_blank = line.trim().is_empty();
        !fence && !fenced && !indented && !line.trim_start().starts_with('|') && width(line) > WIDTH
    };
    text.lines().enumerate().filter_map(|(index, line)| is_long(line).then_some(index + 1)).collect()
}

/// Without the words that have a URL in them.
fn width(line: &str) -> usize {
    let urls = line.split(' ').filter(|word| word.contains("://")).map(|word| word.chars().count());
    line.chars().count() - urls.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_121_characters_is_found_by_its_number() {
        let text = format!("# Title\n\n{}\n{}\n", "ü".repeat(120), "ü".repeat(121));
        assert_eq!(long_lines(&text), [4]);
    }

    #[test]
    fn tables_code_and_urls_may_be_longer() {
        let long = "x".repeat(121);
        let text = format!(
            "| {long} |\n```\n{long}\n```\n  ```sh\n{long}\n  ```\nsee https://{long}\n\n    {long}\n    {long}\n"
        );
        assert!(long_lines(&text).is_empty());
    }

    #[test]
    fn prose_after_code_and_beside_a_url_is_measured() {
        let long = "x".repeat(121);
        assert_eq!(long_lines(&format!("```\n```\n{long}\n{long} https://example.com\n    {long}\n")), [3, 4, 5]);
    }
}
