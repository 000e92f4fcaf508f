//! `func start` in the repository root, by the file that `cargo local --func` writes.

use std::{
    ffi::OsStr,
    fs,
    net::TcpListener,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use functions_host::{EXECUTABLE_PATH, LocalSettings, Options, StartError, func_start};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    browser::tokens,
    deployment::{Deployment, USER, body, tool_call},
};

/// host.json and the function folders, and no handler among them.
fn root() -> TempDir {
    let (source, root) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir().unwrap());
    fs::copy(source.join("host.json"), root.path().join("host.json")).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let folder = entry.unwrap().path();
        if folder.join("function.json").is_file() {
            let copy = root.path().join(folder.file_name().unwrap());
            fs::create_dir(&copy).unwrap();
            fs::copy(folder.join("function.json"), copy.join("function.json")).unwrap();
        }
    }
    root
}

/// Starts the handler as `func start` does, but for the public port.
async fn start(root: &Path, listener: TcpListener, log: PathBuf) -> Result<functions_host::FunctionsHost, StartError> {
    let app = func_start(root, [])?;
    functions_host::start(Options {
        root: root.to_owned(),
        listener,
        handler: app.handler,
        handlers: 1,
        environment: app.environment,
        log: Some(log),
    })
    .await
}

fn write(root: &Path, mut settings: Vec<(String, String)>, handler: &str) {
    settings.push(("FUNCTIONS_WORKER_RUNTIME".into(), "custom".into()));
    settings.push((EXECUTABLE_PATH.into(), handler.into()));
    LocalSettings { values: settings.into_iter().collect(), port: Some(7071) }.write(root).unwrap();
}

#[tokio::test]
async fn a_client_signs_in_and_calls_the_tool() {
    let root = root();
    let server = Deployment::start_by(|listener, settings, log| async {
        write(root.path(), settings, env!("CARGO_BIN_EXE_handler"));
        start(root.path(), listener, log).await.unwrap()
    })
    .await;
    let tokens = tokens(&server).await;
    let answer = body(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap()).await;
    assert_eq!(answer["result"]["structuredContent"]["userPrincipalName"], USER);
}

#[tokio::test]
async fn a_binary_that_was_not_built_is_named() {
    let root = root();
    write(root.path(), Vec::new(), "/not/built/handler");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let fault = start(root.path(), listener, root.path().join("log")).await.err().unwrap().to_string();
    assert!(fault.contains("/not/built/handler") && fault.contains(EXECUTABLE_PATH), "{fault}");
}

/// Without `TOOLS` every tool would be served. A variable that is no setting may hold anything.
#[tokio::test]
async fn a_setting_that_is_not_utf_8_is_named_and_not_quoted_and_the_handler_exits_with_64() {
    let latin_1 = OsStr::from_bytes(b"search_mail caf\xe9");
    let mut handler = Command::new(env!("CARGO_BIN_EXE_handler"));
    let handler = handler.env_clear().envs([("TOOLS", latin_1), ("MCP_LIMITS", latin_1), ("OTHER", latin_1)]);
    let output = handler.output().await.unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "MCP_LIMITS: must be UTF-8\nTOOLS: must be UTF-8\n");
}

#[tokio::test]
async fn each_wrong_setting_is_a_line_of_its_own_in_the_hosts_log_and_the_handler_exits_with_64() {
    let root = root();
    let settings = [
        ("PUBLIC_BASE_URL", "http://mcp.example.com"),
        ("ENTRA_TENANT_ID", "contoso"),
        ("LOG_LEVEL", "loud"),
        ("TOOLS", "search_mail send_mail"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    write(root.path(), settings.into(), env!("CARGO_BIN_EXE_handler"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = root.path().join("log");
    let fault = start(root.path(), listener, log.clone()).await.err().unwrap();
    assert!(matches!(&fault, StartError::Exited { status, .. } if status.code() == Some(64)), "{fault}");
    let log = fs::read_to_string(log).unwrap();
    for setting in ["PUBLIC_BASE_URL", "ENTRA_TENANT_ID", "ENTRA_CLIENT_ID", "AZURE_CLIENT_ID", "LOG_LEVEL", "TOOLS"] {
        let lines: Vec<&str> = log.lines().filter(|line| line.starts_with(&format!("{setting}: "))).collect();
        assert_eq!(lines.len(), 1, "{setting} in {log}");
    }
    assert!(log.contains("LOG_LEVEL: must be error, warn, info, debug or trace\n"), "{log}");
    assert!(log.contains("TOOLS: has the member send_mail, which names none of get_graph_user_details, "), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}
