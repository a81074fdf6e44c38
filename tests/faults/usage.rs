//! Bad input, and a machine that isn't as it should be: refused with what would be right, and
//! nothing changed.

use std::path::Path;

use serde_json::json;

use crate::MISNAMED;
use crate::support::{FAST, GALLERIES, NEWEST, STANDING, demo, version_id};

#[test]
fn a_missing_configuration_is_named_and_what_to_do_without_one() {
    let (_azure, gallerist) = demo(FAST);
    std::fs::remove_file(gallerist.config()).unwrap();
    gallerist
        .run(&["get", "tenants"])
        .fails(2, &["config.toml", "can't be read", "--demo needs none"]);
}

#[test]
fn a_configuration_that_is_not_understood_is_refused_with_its_line() {
    let (azure, gallerist) = demo(FAST);
    let good = std::fs::read_to_string(gallerist.config()).unwrap();
    let home = azure.ready["tenant"].as_str().unwrap();
    for (from, to, words) in [
        ("[cloud]", "[cloud", &["config.toml:1: "][..]),
        (
            "[cloud]",
            "[clout]",
            &["unknown field `clout`", "did you mean `cloud`?"],
        ),
        (
            "client_id",
            "clientid",
            &["unknown field `clientid`", "did you mean `client_id`?"],
        ),
        (home, "not-a-tenant", &["config.toml:", "not-a-tenant"]),
        (
            "client_secret_file",
            "client_secret",
            &["unknown field `client_secret`"],
        ),
        ("msp.secret", "no.secret", &["no.secret", "No such file"]),
        (
            "name = \"custom\"",
            "name = \"public\"",
            &["for name = \"custom\" only"],
        ),
        (
            "http://127.0.0.1",
            "http://azure.example",
            &["config.toml:", "http"],
        ),
    ] {
        assert!(good.contains(from), "{from}");
        std::fs::write(gallerist.config(), good.replace(from, to)).unwrap();
        gallerist.run(&["get", "tenants"]).fails(2, words);
    }
    let wrong_type = format!("{good}\n[safety]\nread_only = \"yes\"\n");
    let line = format!("config.toml:{}: invalid type", wrong_type.lines().count());
    std::fs::write(gallerist.config(), wrong_type).unwrap();
    gallerist.run(&["get", "tenants"]).fails(2, &[&line]);
    assert_eq!(azure.requests(), [json!(null); 0], "nothing was sent");
}

#[test]
fn a_version_that_is_not_named_well_is_refused_with_a_name_that_would_do() {
    let (azure, gallerist) = demo(FAST);
    let gallery = format!("{GALLERIES}/acg_northwind");
    let elsewhere = version_id(NEWEST).replace("4bcff225", "4bcff226");
    let more = [
        ("win11-avd", "of the form gallery/image/version, such as"),
        (
            "acg_northwind/win11-avdd/2026.11.3",
            "did you mean \"win11-avd\"?",
        ),
        (
            "acg_northwind/win11-avd/2026.11.4",
            "did you mean \"acg_northwind/win11-avd/",
        ),
        ("acg_northwind/\u{1b}[31mwin/1.0.0", "\\u{1b}[31mwin"),
        (&gallery, "image version"),
        ("/subscriptions/nonsense", "resource id"),
        (&elsewhere, "`gallerist get subscriptions` shows them"),
    ];
    for (name, words) in MISNAMED.into_iter().chain(more) {
        let output = gallerist.replicate(name, &["--to", "uksouth=1"]);
        output.fails(2, &[words]);
        assert!(!output.stderr.contains('\u{1b}'), "{output:?}");
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_region_that_is_none_is_refused_with_the_nearest_that_is_one() {
    let (azure, gallerist) = demo(FAST);
    for (region, code, words) in [
        ("uksuoth", 3, "did you mean uksouth?"),
        ("europe", 3, "europe isn't a region of the subscription"),
        ("atlantis", 3, "see `gallerist get regions`"),
        ("west/europe", 2, "only letters and digits are wanted"),
        ("uk\u{1b}[2Jsouth", 2, "only letters and digits are wanted"),
        ("=3", 2, "a name such as westeurope is wanted"),
        (
            "uksouth=many",
            2,
            "isn't a number of replicas, such as uksouth=3",
        ),
        ("uksouth=1:tape", 2, "tape"),
        (
            "uksouth=0",
            2,
            "needs at least 1 replica; to leave the region, remove it",
        ),
        (
            "uksouth=101",
            2,
            "more than the 100 that a version may have in all",
        ),
        (
            "uksouth=98",
            3,
            "100 that a version may have → lower the counts or leave a region",
        ),
        (
            "uksouth=1,UK South=2",
            2,
            "uksouth is named twice: name each region once",
        ),
        ("uksouth=4294967296", 2, "isn't a number of replicas"),
    ] {
        let output = gallerist.replicate(NEWEST, &["--to", region]);
        assert_eq!(output.code, Some(code), "{region}: {output:#?}");
        assert!(output.stderr.contains(words), "{region}: {output:#?}");
        assert!(!output.stderr.contains('\u{1b}'), "{output:?}");
    }
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1", "--remove", "UK South"])
        .fails(2, &["uksouth is named twice"]);
    gallerist
        .replicate(
            NEWEST,
            &["--to", "uksouth=1", "--for-machines", "uksouth=40"],
        )
        .fails(2, &["uksouth has a count in both --to and --for-machines"]);
    gallerist
        .replicate(NEWEST, &[])
        .fails(2, &["name at least one region to add, change or remove"]);
    assert_eq!(azure.writes(), [json!(null); 0]);
    let regions = gallerist.json(&["get", "regions", "--tenant", "Adatum", "-o", "json"]);
    let west = regions.as_array().unwrap().iter();
    assert!(west.clone().any(|region| region["name"] == "westeurope"));
}

#[test]
fn the_home_region_of_a_version_stays() {
    let (azure, gallerist) = demo(FAST);
    for args in [
        &["--remove", "West Europe"][..],
        &["--to", "westeurope=2:zrs"],
    ] {
        gallerist.replicate(NEWEST, args).fails(
            3,
            &[
                "westeurope is the version's home",
                "→ publish a new version that lives elsewhere",
            ],
        );
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_region_may_be_spelt_as_azure_shows_it() {
    let (azure, gallerist) = demo(FAST);
    gallerist
        .replicate(NEWEST, &["--to", "West Europe=3,UK South=1"])
        .succeeds();
    assert_eq!(
        azure.replicas(&version_id(NEWEST)),
        [
            ("North Europe".to_owned(), 1),
            ("West Europe".to_owned(), 3),
            ("UK South".to_owned(), 1)
        ]
    );
    let already = gallerist.replicate(NEWEST, &["--to", "WESTEUROPE=3"]);
    already.succeeds();
    assert!(already.stdout.contains("already so"), "{already:?}");
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn read_only_refuses_every_change_and_no_plan() {
    let (azure, gallerist) = demo(FAST);
    gallerist.configure(|text| format!("{text}\n[safety]\nread_only = true\n"));
    let plan = gallerist.run(&["replicate", NEWEST, "--to", "uksouth=1", "--plan"]);
    plan.succeeds();
    assert!(plan.stdout.contains("+ uksouth  1 replica"), "{plan:?}");
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .fails(3, &["read_only", "Take it out of [safety] first"]);
    gallerist
        .run(&["queue", "cancel", "1"])
        .fails(3, &["read_only"]);
    gallerist
        .run(&["queue", "retry", "1"])
        .fails(3, &["read_only"]);
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn nobody_at_the_keyboard_is_not_a_yes() {
    let (azure, gallerist) = demo(FAST);
    gallerist
        .run(&["replicate", NEWEST, "--to", "uksouth=1"])
        .fails(
            2,
            &["nobody is there to ask: add --yes. Nothing was changed"],
        );
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1", "--no-wait"])
        .fails(
            2,
            &[
                "no process would carry it out: leave --no-wait or --no-agent away",
                "Nothing was changed",
            ],
        );
    assert_eq!(azure.writes(), [json!(null); 0]);
    assert_eq!(gallerist.jobs(), json!([]));
}

#[test]
fn a_protected_tenant_gives_nothing_away_without_its_name() {
    let (azure, gallerist) = demo(FAST);
    let home = azure.ready["tenant"].as_str().unwrap();
    gallerist.configure(|text| {
        format!("{text}\n[[tenant]]\nid = \"{home}\"\nname = \"Northwind\"\n[safety]\nprotected_tenants = [\"{home}\"]\n")
    });
    let remove = ["--remove", "northeurope"];
    gallerist
        .replicate(NEWEST, &remove)
        .fails(2, &["nobody is there to ask: add --confirm \"Northwind\""]);
    gallerist
        .replicate(
            NEWEST,
            &["--remove", "northeurope", "--confirm", "northwind"],
        )
        .fails(
            3,
            &["protected tenant: confirm it with its name, \"Northwind\""],
        );
    assert_eq!(azure.writes(), [json!(null); 0]);
    gallerist
        .replicate(
            NEWEST,
            &["--remove", "northeurope", "--confirm", "Northwind"],
        )
        .succeeds();
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .succeeds();
    let replicas = azure.replicas(&version_id(NEWEST));
    assert_eq!(
        replicas,
        [("West Europe".to_owned(), 2), ("UK South".to_owned(), 1)]
    );
}

/// Tests may run as root, whom no permission stops: these are places where nobody can have a
/// folder.
#[test]
fn a_state_folder_that_cannot_be_written_is_named_and_nothing_is_changed() {
    let (azure, mut gallerist) = demo(FAST);
    let file = gallerist.folder().join("file");
    std::fs::write(&file, "").unwrap();
    for state in [&file, &file.join("below"), Path::new("/proc/gallerist")] {
        gallerist.set_state(state.to_owned());
        gallerist
            .replicate(NEWEST, &["--to", "uksouth=1"])
            .fails(2, &[state.to_str().unwrap(), "give another --state-dir"]);
        // What only reads Azure needs none.
        gallerist.run(&["get", "galleries"]).succeeds();
    }
    for taken in ["journal.sqlite", "estate.sqlite", "owner.json"] {
        let state = gallerist.folder().join(taken.replace('.', "-"));
        std::fs::create_dir_all(state.join(taken)).unwrap();
        gallerist.set_state(state);
        gallerist
            .replicate(NEWEST, &["--to", "uksouth=1"])
            .fails(2, &[taken]);
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_journal_of_a_newer_version_is_left_as_it_is() {
    let (azure, gallerist) = demo(FAST);
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .succeeds();
    let journal = gallerist.state().join("journal.sqlite");
    rusqlite::Connection::open(&journal)
        .unwrap()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    let before = std::fs::read(&journal).unwrap();
    let words = ["version 999", "written by a newer Gallerist", "--state-dir"];
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=2"])
        .fails(2, &words);
    gallerist.run(&["queue", "list"]).fails(2, &words);
    gallerist.run(&["queue", "watch"]).fails(2, &words);
    assert_eq!(std::fs::read(&journal).unwrap(), before);
    assert_eq!(azure.writes().len(), 1);
    gallerist.run(&["get", "galleries"]).succeeds();
}

#[test]
fn a_journal_that_is_none_is_reported_and_set_aside_as_it_is() {
    let (azure, gallerist) = demo(FAST);
    std::fs::create_dir(gallerist.state()).unwrap();
    let journal = gallerist.state().join("journal.sqlite");
    let text = "somebody's notes, in the wrong place, and long enough for a header of SQLite's own. \
                Whoever wrote them would like to read them again.";
    std::fs::write(&journal, text).unwrap();
    gallerist.run(&["queue", "list"]).fails(
        2,
        &["journal.sqlite", "is damaged (file is not a database)"],
    );
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), text);
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=2"])
        .fails(0, &["the journal was damaged (file is not a database)"]);
    let entries = std::fs::read_dir(gallerist.state()).unwrap();
    let mut files = entries.map(|entry| entry.unwrap().path());
    let aside = files.find(|path| path.to_str().unwrap().contains("journal.damaged-"));
    assert_eq!(std::fs::read_to_string(aside.unwrap()).unwrap(), text);
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn files_in_the_state_folder_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_azure, gallerist) = demo(FAST);
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .succeeds();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(gallerist.state()), 0o700);
    for entry in std::fs::read_dir(gallerist.state()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}

#[test]
fn a_second_process_reads_and_names_the_owner() {
    let (azure, gallerist) = demo(STANDING);
    let args = ["replicate", NEWEST, "--to", "uksouth=1", "--yes"];
    let mut first = gallerist.spawn(&args);
    first.says("accepted");
    let owner = format!("gallerist replicate (process {} of ", first.id());
    let words = [
        owner.as_str(),
        "ask there, end it, or use another --state-dir",
    ];
    gallerist
        .replicate(NEWEST, &["--to", "eastus=1"])
        .fails(2, &words);
    gallerist.run(&["queue", "retry", "1"]).fails(2, &words);
    gallerist.run(&["queue", "cancel", "1"]).fails(2, &words);
    let jobs = gallerist.jobs();
    assert_eq!(jobs.as_array().unwrap().len(), 1);
    assert_eq!(jobs[0]["state"], "running");
    let shown = gallerist.run(&["queue", "show", "1"]);
    assert!(
        shown.succeeds().stdout.contains("update regions: accepted"),
        "{shown:?}"
    );
    // A watcher follows what the owner does.
    let watcher = gallerist.spawn(&["queue", "watch", "1", "-o", "json"]);
    azure.advance(3000);
    first.wait().succeeds();
    let end = watcher.wait();
    assert_eq!(end.succeeds().json()["state"], "done");
    assert_eq!(azure.writes().len(), 1);
}
