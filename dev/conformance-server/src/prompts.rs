//! Prompts: without and with arguments, with a resource, with a picture, and one that needs input.

use rmcp::{
    ErrorData,
    model::{GetPromptRequestParams, GetPromptResponse, GetPromptResult, JsonObject, ListPromptsResult},
};
use serde_json::{Value, json};

use crate::{
    input::{accepted, form, required},
    json::result,
    samples::PNG,
};

pub(crate) fn list() -> Result<ListPromptsResult, ErrorData> {
    let argument =
        |name: &str, description: &str| json!({ "name": name, "description": description, "required": true });
    result(json!({ "prompts": [
        { "name": "test_simple_prompt", "description": "A prompt without arguments." },
        {
            "name": "test_prompt_with_arguments",
            "description": "A prompt that repeats its arguments.",
            "arguments": [argument("arg1", "First test argument"), argument("arg2", "Second test argument")],
        },
        {
            "name": "test_prompt_with_embedded_resource",
            "description": "A prompt with a resource in it.",
            "arguments": [argument("resourceUri", "URI of the resource to embed")],
        },
        { "name": "test_prompt_with_image", "description": "A prompt with a picture." },
        { "name": "test_input_required_result_prompt", "description": "A prompt that asks for its context." },
    ] }))
}

pub(crate) fn get(request: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let given = request.arguments.as_ref();
    match request.name.as_str() {
        "test_simple_prompt" => messages(&[text("This is a simple prompt for testing.")]),
        "test_prompt_with_arguments" => {
            let (first, second) = (argument(given, "arg1")?, argument(given, "arg2")?);
            messages(&[text(&format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))])
        }
        "test_prompt_with_embedded_resource" => {
            let uri = argument(given, "resourceUri")?;
            let resource =
                json!({ "uri": uri, "mimeType": "text/plain", "text": "Embedded resource content for testing." });
            let embedded = json!({ "type": "resource", "resource": resource });
            messages(&[embedded, text("Please process the embedded resource above.")])
        }
        "test_prompt_with_image" => {
            let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
            messages(&[image, text("Please analyze the image above.")])
        }
        "test_input_required_result_prompt" => with_context(request),
        _ => Err(ErrorData::invalid_params("Unknown prompt", None)),
    }
}

fn with_context(request: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let context = accepted(request.input_responses.as_ref(), "user_context", "context");
    let Some(context) = context.as_ref().and_then(Value::as_str) else {
        let question = form("What context should the prompt use?", "context", "string");
        return Ok(required(json!({ "user_context": question }), None)?.into());
    };
    messages(&[text(&format!("Work in this context: {context}"))])
}

fn messages(contents: &[Value]) -> Result<GetPromptResponse, ErrorData> {
    let messages: Vec<_> = contents.iter().map(|content| json!({ "role": "user", "content": content })).collect();
    result::<GetPromptResult>(json!({ "messages": messages })).map(Into::into)
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn argument<'a>(given: Option<&'a JsonObject>, name: &str) -> Result<&'a str, ErrorData> {
    let value = given.and_then(|given| given.get(name)).and_then(Value::as_str);
    value.ok_or_else(|| ErrorData::invalid_params(format!("the argument {name} is missing, or no text"), None))
}
