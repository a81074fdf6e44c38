use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PROGRAM, Request, eventually, http};

/// The person that the demo has, with accounts at home, at Trey Research and at Wingtip Toys.
pub const OPERATOR: &str = "operator@northwind.example";

/// A simulated Azure in a process of its own, which ends with this value.
pub struct Simulator {
    process: Child,
    /// The line that it printed when it was ready.
    pub ready: Value,
    origin: String,
    /// Where it keeps its configuration, also when it is killed.
    _folder: TempDir,
}

impl Simulator {
    /// The demo estate; `pace` simulated seconds pass in a real one. At 0 time stands still until it
    /// is [advanced](Self::advance), and Azure wants to be asked every second.
    pub fn start(pace: u32) -> Self {
        Self::spawn(pace, None)
    }

    /// An estate of its own, from a file.
    pub fn start_with(pace: u32, estate: &Path) -> Self {
        Self::spawn(pace, Some(estate))
    }

    /// An estate of its own.
    pub fn start_estate(pace: u32, estate: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("estate.toml");
        std::fs::write(&file, estate).unwrap();
        Self::start_with(pace, &file)
    }

    /// An estate of its own, with Azure's limits or without.
    pub fn start_limited(pace: u32, estate: &Path, limits: bool) -> Self {
        Self::spawn_with(pace, Some(estate), without(limits))
    }

    /// The same for a measurement of what else runs on this machine: Azure has machines of its own,
    /// so it gets of this one what nobody else wants.
    pub fn start_aside(pace: u32, estate: &Path, limits: bool) -> Self {
        let mut nice = Command::new("nice");
        nice.args(["-n", "19", PROGRAM]);
        Self::spawn_by(nice, pace, Some(estate), without(limits))
    }

    fn spawn(pace: u32, estate: Option<&Path>) -> Self {
        Self::spawn_with(pace, estate, &[])
    }

    fn spawn_with(pace: u32, estate: Option<&Path>, more: &[&str]) -> Self {
        Self::spawn_by(Command::new(PROGRAM), pace, estate, more)
    }

    fn spawn_by(mut command: Command, pace: u32, estate: Option<&Path>, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        command
            .args(["simulate", "--listen", "127.0.0.1:0", "--pace"])
            .arg(pace.to_string())
            .args(more)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if let Some(estate) = estate {
            command.arg("--estate").arg(estate);
        }
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).expect("the simulator's ready line");
        Self {
            process,
            origin: ready["resource_manager"].as_str().unwrap().to_owned(),
            ready,
            _folder: folder,
        }
    }

    /// Its address, `http://127.0.0.1:…`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The file of the configuration that it wrote.
    pub fn config(&self) -> &Path {
        Path::new(self.ready["config"].as_str().unwrap())
    }

    /// The file of a configuration that signs in in another way, by the credential's name.
    pub fn config_of(&self, credential: &str) -> PathBuf {
        let file = &self.ready["configs"][credential];
        PathBuf::from(file.as_str().expect("a configuration for that credential"))
    }

    /// A token of the application for Resource Manager, at a tenant.
    pub fn token(&self, tenant: &str) -> String {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", self.ready["client_id"].as_str().unwrap())
            .append_pair(
                "client_secret",
                self.ready["client_secret"].as_str().unwrap(),
            )
            .append_pair("scope", "https://management.azure.com/.default")
            .finish();
        let path = format!("/{tenant}/oauth2/v2.0/token");
        let answer = http::post_form(&self.origin, &path, &form);
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// All resources by lower-case id.
    pub fn state(&self) -> Value {
        self.control("GET", "state", None)
    }

    /// A resource as it is now; null where there is none.
    pub fn resource(&self, id: &str) -> Value {
        self.state()[id.to_lowercase()].clone()
    }

    /// The ids of all resources whose id begins so, in lower case and in order.
    pub fn ids_below(&self, prefix: &str) -> Vec<String> {
        let state = self.state();
        let ids = state.as_object().unwrap().keys();
        let below = ids.filter(|id| id.starts_with(&prefix.to_lowercase()));
        below.cloned().collect()
    }

    /// The most machines that were ever being created at once from one version in one region.
    pub fn most_at_once(&self) -> u64 {
        let peaks = self.control("GET", "peaks", None);
        let peaks = peaks.as_array().unwrap().iter();
        peaks
            .map(|peak| peak["most"].as_u64().unwrap())
            .max()
            .unwrap_or(0)
    }

    /// Replicas of a version by region, as Azure spells the regions.
    pub fn replicas(&self, version: &str) -> Vec<(String, u64)> {
        let version = self.resource(version);
        let regions = &version["properties"]["publishingProfile"]["targetRegions"];
        let regions = regions.as_array().expect("a version with regions").iter();
        regions
            .map(|region| {
                let name = region["name"].as_str().unwrap().to_owned();
                (name, region["regionalReplicaCount"].as_u64().unwrap())
            })
            .collect()
    }

    /// All requests so far, in order.
    pub fn requests(&self) -> Vec<Value> {
        match self.control("GET", "requests", None) {
            Value::Array(requests) => requests,
            other => panic!("not a list of requests: {other}"),
        }
    }

    /// The requests to Resource Manager with this method and a path that ends so.
    pub fn requests_to(&self, method: &str, path_end: &str) -> Vec<Value> {
        let path_end = path_end.to_lowercase();
        let mut requests = self.requests();
        requests.retain(|request| {
            let path = request["path"].as_str().unwrap().to_lowercase();
            request["method"] == method && path.ends_with(&path_end)
        });
        requests
    }

    /// The writes that Resource Manager accepted; asking whether it would take one is none.
    pub fn writes(&self) -> Vec<Value> {
        let mut requests = self.requests();
        requests.retain(|request| {
            let writes =
                ["PUT", "POST", "PATCH", "DELETE"].contains(&request["method"].as_str().unwrap());
            let path = request["path"].as_str().unwrap();
            let asks = path.contains("/oauth2/")
                || path.ends_with("/validate")
                || path.ends_with("/Microsoft.ResourceGraph/resources");
            let accepted = request["status"].as_u64().is_some_and(|s| s < 300);
            writes && !asks && accepted
        });
        requests
    }

    /// Plans one fault.
    pub fn fault(&self, fault: &Value) {
        self.control("POST", "faults", Some(&json!([fault])));
    }

    /// The faults that have not struck yet.
    pub fn faults_left(&self) -> Vec<Value> {
        match self.control("GET", "faults", None) {
            Value::Array(faults) => faults,
            other => panic!("not a list of faults: {other}"),
        }
    }

    /// Lets the answers go that faults hold back.
    pub fn let_go(&self) {
        self.control("DELETE", "held", None);
    }

    /// Forgets all faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.control("DELETE", "faults", None);
    }

    /// Moves simulated time, and with it the expiry of tokens, forward.
    pub fn advance(&self, seconds: u32) {
        self.control("POST", "clock", Some(&json!({ "advance_s": seconds })));
    }

    /// Puts a document in Azure, past all rules, as another writer would.
    pub fn put_resource(&self, id: &str, document: &Value) {
        self.control("PUT", &format!("resources?id={id}"), Some(document));
    }

    /// Changes a resource that is there, past all rules.
    pub fn change_resource(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let mut document = self.resource(id);
        assert!(document.is_object(), "{id} isn't there");
        change(&mut document);
        self.put_resource(id, &document);
    }

    /// Takes a resource away, past all rules.
    pub fn remove_resource(&self, id: &str) {
        self.control("DELETE", &format!("resources?id={id}"), None);
    }

    /// From now on Resource Graph hears of what changes so many simulated seconds later.
    pub fn lag_resource_graph(&self, seconds: u32) {
        self.control("POST", "resource_graph", Some(&json!({ "lag_s": seconds })));
    }

    /// What a sign-in of the application at `tenant` comes to from now on: one of Entra's codes,
    /// such as `AADSTS7000222`, or nothing wrong.
    pub fn set_principal(&self, tenant: &str, sign_in: Option<&str>) {
        let change =
            json!({"client_id": self.ready["client_id"], "tenant": tenant, "sign_in": sign_in});
        self.control("POST", "principals", Some(&change));
    }

    /// The code that waits for a person, as soon as there is one that isn't among `known`.
    pub fn device_code(&self, known: &[String]) -> String {
        eventually("a code that waits for a person", || {
            let pending = self.control("GET", "device_codes", None);
            let pending = pending.as_array().unwrap().iter();
            let mut codes = pending.map(|one| one["user_code"].as_str().unwrap().to_owned());
            codes.find(|code| !known.contains(code))
        })
    }

    /// The operator types a code, with a second factor or without.
    pub fn person_signs_in(&self, code: &str, mfa: bool) {
        let used = json!({"user_code": code, "user": OPERATOR, "mfa": mfa});
        self.control("POST", "device_codes", Some(&used));
    }

    /// Somebody declines a code.
    pub fn person_declines(&self, code: &str) {
        let used = json!({"user_code": code, "decline": true});
        self.control("POST", "device_codes", Some(&used));
    }

    /// Has the simulation do something, or tell.
    pub fn control(&self, method: &str, what: &str, body: Option<&Value>) -> Value {
        http::ask(method, &self.origin, &format!("/_simulator/{what}"), body)
    }
}

impl Simulator {
    /// What is wrong with the requests that the program made: operations that the table does not
    /// have, queries and bodies that their specification does not allow.
    fn mistakes(&self) -> Vec<String> {
        let requests = self.requests();
        let requests = requests.iter().filter_map(Request::noted);
        requests.flat_map(|request| request.mistakes()).collect()
    }
}

/// The end of a test is where everything is held that it had the program ask for.
impl Drop for Simulator {
    fn drop(&mut self) {
        // A test that has failed has said why.
        let mistakes = if thread::panicking() {
            Vec::new()
        } else {
            self.mistakes()
        };
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    }
}

/// The arguments that lift Azure's limits, unless they are wanted.
fn without(limits: bool) -> &'static [&'static str] {
    if limits { &[] } else { &["--limits", "off"] }
}
