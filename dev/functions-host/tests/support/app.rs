//! A function app around `scripted-handler`.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use functions_host::Options;
use tempfile::TempDir;

pub(crate) struct App {
    pub(crate) root: TempDir,
}

impl App {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let host_json = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},
            "customHandler":{"description":{"defaultExecutablePath":"handler"},"enableProxyingHttpRequest":true}}"#;
        fs::write(root.path().join("host.json"), host_json).unwrap();
        let app = Self { root };
        for name in ["process", "connection", "environment", "folder", "headers", "stream", "exit"] {
            app.add(name);
        }
        app
    }

    /// Adds a function with this name and route.
    pub(crate) fn add(&self, name: &str) {
        let function = r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous",
            "route":"NAME"},{"type":"http","direction":"out","name":"res"}]}"#;
        fs::create_dir(self.root.path().join(name)).unwrap();
        fs::write(self.root.path().join(name).join("function.json"), function.replace("NAME", name)).unwrap();
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.path().join("handler.log")
    }

    pub(crate) fn options(&self, handlers: usize, environment: &[(&str, &str)]) -> Options {
        Options {
            root: self.root.path().to_owned(),
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            handler: env!("CARGO_BIN_EXE_scripted-handler").into(),
            handlers,
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            log: Some(self.log()),
        }
    }
}
