//! `completion/complete`: for every argument the words that begin with its value.

use rmcp::{
    ErrorData,
    model::{ArgumentInfo, CompleteResult, CompletionInfo},
};

const WORDS: [&str; 3] = ["paris", "park", "party"];

pub(crate) fn complete(argument: &ArgumentInfo) -> Result<CompleteResult, ErrorData> {
    let begin = WORDS.iter().filter(|word| word.starts_with(&argument.value));
    let words = begin.map(|word| (*word).to_owned()).collect();
    let words = CompletionInfo::with_all_values(words).map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(words))
}
