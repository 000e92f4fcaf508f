//! Tools that answer with one kind of content, or with several.

use serde_json::json;

use super::{Fixture, always, no_arguments};
use crate::samples::{PNG, WAV};

pub(super) const TOOLS: &[Fixture] = &[
    Fixture {
        name: "test_simple_text",
        description: "Answers with a text.",
        input_schema: no_arguments,
        call: |_| {
            let text = "This is a simple text response for testing.";
            always(json!({ "content": [{ "type": "text", "text": text }] }))
        },
    },
    Fixture {
        name: "test_image_content",
        description: "Answers with a picture.",
        input_schema: no_arguments,
        call: |_| always(json!({ "content": [{ "type": "image", "data": PNG, "mimeType": "image/png" }] })),
    },
    Fixture {
        name: "test_audio_content",
        description: "Answers with a sound.",
        input_schema: no_arguments,
        call: |_| always(json!({ "content": [{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }] })),
    },
    Fixture {
        name: "test_embedded_resource",
        description: "Answers with a resource.",
        input_schema: no_arguments,
        call: |_| {
            always(json!({ "content": [{ "type": "resource", "resource": {
                "uri": "test://embedded-resource",
                "mimeType": "text/plain",
                "text": "This is an embedded resource content.",
            } }] }))
        },
    },
    Fixture {
        name: "test_multiple_content_types",
        description: "Answers with a text, a picture and a resource.",
        input_schema: no_arguments,
        call: |_| {
            always(json!({ "content": [
                { "type": "text", "text": "Multiple content types test:" },
                { "type": "image", "data": PNG, "mimeType": "image/png" },
                { "type": "resource", "resource": {
                    "uri": "test://mixed-content-resource",
                    "mimeType": "application/json",
                    "text": json!({ "test": "data", "value": 123 }).to_string(),
                } },
            ] }))
        },
    },
    Fixture {
        name: "test_error_handling",
        description: "Answers with an error.",
        input_schema: no_arguments,
        call: |_| {
            let text = "This tool intentionally returns an error for testing";
            always(json!({ "isError": true, "content": [{ "type": "text", "text": text }] }))
        },
    },
];
