//! What can go wrong while machines are being created: nothing is created twice, nothing of
//! somebody else's is touched, and a retry creates what is missing.

mod failing;
mod following;
mod meanwhile;
mod reach;

use serde_json::Value;

use crate::support::estate::{self, Customer, customer, estate};
use crate::support::{FAST, Gallerist, MACHINES, Output, Simulator};

/// A deployment that is asked for, not one that is looked up.
const PUT: &str = "/deployments/gallerist-[^/]*\\?";

fn start(customers: usize) -> (Simulator, Gallerist) {
    start_at(FAST, customers)
}

fn start_at(pace: u32, customers: usize) -> (Simulator, Gallerist) {
    let azure = Simulator::start_estate(pace, &estate(customers));
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

fn wish<'a>(customer: &'a Customer, count: &'a str) -> [&'a str; 7] {
    wish_of(estate::VERSION, &customer.name, count)
}

fn wish_of<'a>(version: &'a str, customer: &'a str, count: &'a str) -> [&'a str; 7] {
    [
        "deploy",
        version,
        "--to-tenant",
        customer,
        "--count",
        count,
        "--yes",
    ]
}

fn deploy(gallerist: &Gallerist, count: &str) -> Output {
    gallerist.run(&wish(&customer(1), count))
}

fn machines(azure: &Simulator, number: usize) -> usize {
    azure.ids_below(&customer(number).id(MACHINES)).len()
}

/// The machines of each deployment that was asked for, accepted or not.
fn asked(azure: &Simulator) -> Vec<Vec<String>> {
    let requests = azure.requests().into_iter().filter(|request| {
        let path = request["path"].as_str().unwrap();
        request["method"] == "PUT" && path.contains("/deployments/")
    });
    requests.map(|request| names(&request)).collect()
}

fn names(request: &Value) -> Vec<String> {
    let resources = &request["body"]["properties"]["template"]["resources"];
    let machines = resources
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["type"] == MACHINES);
    machines
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

fn job(gallerist: &Gallerist) -> Value {
    gallerist.jobs()[0].clone()
}
