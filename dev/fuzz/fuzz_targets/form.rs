//! A form that is accepted says what the URL Standard's parser says, and once it is encoded it is the same form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_protocol::form::{Form, encode};
use url::form_urlencoded;

fuzz_target!(|data: &[u8]| {
    let Ok(form) = Form::parse(data) else { return };
    let pairs: Vec<(String, String)> = form_urlencoded::parse(data).into_owned().collect();
    let encoded = encode(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let again = Form::parse(encoded.as_bytes()).expect("an encoded form is a form");
    for (name, _) in &pairs {
        let values: Vec<&str> = pairs
            .iter()
            .filter(|(other, value)| other == name && !value.is_empty())
            .map(|(_, value)| &**value)
            .collect();
        assert_eq!(form.all(name).collect::<Vec<_>>(), values);
        assert_eq!(again.all(name).collect::<Vec<_>>(), values);
        let times = pairs.iter().filter(|(other, _)| other == name).count();
        assert_eq!(form.single(name).is_err(), times > 1);
        assert!(times == 1 || name == "resource" || form.repeated().is_some());
    }
});
