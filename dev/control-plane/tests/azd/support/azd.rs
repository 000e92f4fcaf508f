//! azd, in a clone of its own, with nothing of this machine's environment but `PATH` and `HOME`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use control_plane::{ControlPlane, Plan};
use http::StatusCode;
use tempfile::TempDir;

use super::{SUBSCRIPTION, Set, Tools, clone};

/// Hooks and workflows run `cargo xtask`. What `package` makes is there already: it takes minutes, and a stage of its own tests
/// it. There is nobody for `smoke` to talk to.
const CARGO: &str = r#"#!/bin/sh
echo "$*" >> "$CARGO_LOG"
case "$*" in
  "xtask package") mkdir -p target && rm -rf target/package && cp -a "$AZD_PACKAGE" target/package ;;
  "xtask smoke "*) ;;
  "xtask preflight"*) shift 2 && exec "$PREFLIGHT" --root . "$@" ;;
  *) echo "cargo $* is not expected here" >&2; exit 1 ;;
esac
"#;

pub(crate) struct Azd {
    pub(crate) cloud: ControlPlane,
    tools: Tools,
    folder: TempDir,
}

/// How a program ended, and what it printed to both streams.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) succeeded: bool,
    pub(crate) said: String,
}

impl Azd {
    /// A fresh clone for which `sets` can be deployed.
    pub(crate) async fn with(set: &str) -> (Self, Set) {
        let (tools, folder) = (Tools::of_stage(), tempfile::tempdir().unwrap());
        clone::copy(&folder.path().join("clone"), &tools);
        let set = Set::read(&folder.path().join("clone"), set);
        let azd = Self { cloud: start(set.plan()).await, tools, folder };
        azd.program("cargo", CARGO);
        std::os::unix::fs::symlink(&azd.tools.azd, azd.folder.path().join("bin/azd")).unwrap();
        // For the page on which one enters the device code.
        azd.program("xdg-open", "#!/bin/sh\n");
        (azd, set)
    }

    pub(crate) fn clone(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    /// Signs in as a person does, and answers what azd would ask: name, subscription and region.
    pub(crate) fn for_a_person(&self, set: &Set) {
        self.run(&["auth", "login", "--use-device-code"]).success();
        let answers = ["--subscription", SUBSCRIPTION, "--location", set.location(), "--no-prompt"];
        self.run(&[&["env", "new", set.environment()][..], &answers[..]].concat()).success();
    }

    pub(crate) fn set(&self, settings: &[(&str, &str)]) {
        let settings: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let words = ["env", "set"].into_iter().chain(settings.iter().map(String::as_str));
        self.run(&words.collect::<Vec<_>>()).success();
    }

    /// `azd` with these words.
    pub(crate) fn run(&self, words: &[&str]) -> Run {
        let mut azd = Command::new(&self.tools.azd);
        azd.args(words);
        self.finish(&mut azd, &[])
    }

    /// A script as a step of a workflow, with `azd` on its path and these variables.
    pub(crate) fn step(&self, script: &str, variables: &[(&str, &str)]) -> Run {
        let mut bash = Command::new("bash");
        bash.args(["-e", "-o", "pipefail", "-c", script]);
        self.finish(&mut bash, variables)
    }

    /// The calls of cargo by the hooks and steps, a line each.
    pub(crate) fn cargo(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("cargo.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Fails if azd asked something that the control plane does not implement, or a host that is not part of it. azd asks
    /// `aka.ms` for the list of its extensions, and does without.
    pub(crate) fn everything_was_answered(&self) {
        let unknown = self.cloud.requests().into_iter().filter(|request| {
            request.status == StatusCode::NOT_IMPLEMENTED
                || (request.status == StatusCode::FORBIDDEN && request.host != "aka.ms")
        });
        let unknown: Vec<_> =
            unknown.map(|request| format!("{} {}{}", request.method, request.host, request.path)).collect();
        assert!(unknown.is_empty(), "{unknown:#?}");
    }

    fn finish(&self, command: &mut Command, variables: &[(&str, &str)]) -> Run {
        let folder = self.folder.path();
        let (mine, temporary) = (folder.join("bin"), folder.join("tmp"));
        fs::create_dir_all(&temporary).unwrap();
        let path = inherited("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(mine).chain(std::env::split_paths(&path)));
        command.current_dir(self.clone()).stdin(Stdio::null()).env_clear();
        command.env("PATH", path.unwrap()).env("TMPDIR", temporary).env("AZD_CONFIG_DIR", folder.join("azd"));
        command.envs(inherited("HOME").map(|home| ("HOME", home))).envs(self.cloud.environment());
        command.env("AZD_BICEP_TOOL_PATH", &self.tools.bicep).env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        command.env("AZURE_DEV_COLLECT_TELEMETRY", "no").env("AZD_SKIP_UPDATE_CHECK", "true").env("NO_COLOR", "1");
        command.env("AZD_PACKAGE", &self.tools.package).env("CARGO_LOG", folder.join("cargo.log"));
        command.env("PREFLIGHT", &self.tools.preflight);
        // Many shells have a variable of this name; no setting of ours may.
        command.env("LOG_LEVEL", "INFO");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let said = [output.stdout, output.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned());
        Run { succeeded: output.status.success(), said: said.concat() }
    }

    fn program(&self, name: &str, script: &str) {
        let folder = self.folder.path().join("bin");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(name);
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert!(self.succeeded, "{}", self.said);
        self.said
    }

    #[track_caller]
    pub(crate) fn failure(self) -> String {
        assert!(!self.succeeded, "{}", self.said);
        self.said
    }
}

async fn start(plan: Plan) -> ControlPlane {
    ControlPlane::start(plan).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "programs are looked for where this one would look")]
fn inherited(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
