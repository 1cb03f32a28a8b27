//! What is no more is kept as long as the configuration says, and not longer.

mod demo_server;

use std::time::{Duration, Instant};

use bollwerk::config::Settings;
use bollwerk::config::retention::Retention;
use demo_server::{Demo, shop};
use jiff::{SignedDuration, Timestamp};
use store::{Action, Address, Decision, Store};

/// Longest wait for what is old to be forgotten.
const WAIT: Duration = Duration::from_mins(1);

fn taken(section: &str) -> Result<Retention, String> {
    let mut settings = Settings::new();
    let text = format!("version: 1\nretention: {section}\n");
    settings.take(&text, "it").map_err(|error| error.to_string())?;
    Ok(settings.retention)
}

#[test]
fn the_section_is_read() {
    assert_eq!(taken("{}"), Ok(Retention::default()));
    let some = Retention { fixed_days: 1, history_rows: 1_000, ..Retention::default() };
    assert_eq!(taken("{fixedDays: 1, historyRows: 1000}"), Ok(some));
    for (section, place) in [
        ("{fixedDays: 0}", "2:24: `0` is no number from 1 to 36500"),
        ("{imageDays: -1}", "2:24: `-1` is no number from 1"),
        ("{actionDays: forever}", "2:25: `forever` is no number"),
        ("{historyRows: 10}", "2:26: `10` is no number from 1000"),
        ("{days: 7}", "2:13: unknown key `days`"),
    ] {
        let error = taken(section).unwrap_err();
        assert!(error.starts_with(place), "{section}: {error}");
    }
}

fn decision(number: u32, hours: i64) -> Decision {
    Decision {
        at: Timestamp::now() - SignedDuration::from_hours(hours),
        uid: number.to_string(),
        group: "apps".to_owned(),
        kind: "Deployment".to_owned(),
        namespace: Some("shop".to_owned()),
        name: format!("it-{number}"),
        user: "eva".to_owned(),
        webhook: "open".to_owned(),
        allowed: false,
        dry_run: false,
        controls: vec!["host-network".to_owned()],
    }
}

#[test]
fn a_server_forgets_what_is_old_and_what_is_too_much() {
    let folder = std::env::temp_dir().join(format!("bollwerk-retention-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("bollwerk.db");
    let store = Store::open(&Address::Sqlite(path.clone())).unwrap();
    // Days over, and more than may be.
    let old = (0..500).map(|number| decision(number, 25));
    let new = (500..2_000).map(|number| decision(number, 1));
    store.record_decisions("shop", &old.chain(new).collect::<Vec<_>>()).unwrap();
    for hours in [47, 49] {
        let action = Action {
            at: Timestamp::now() - SignedDuration::from_hours(hours),
            user: "eva".to_owned(),
            verb: "login".to_owned(),
            target: hours.to_string(),
            cluster: String::new(),
            outcome: "done".to_owned(),
        };
        store.record_action(&action).unwrap();
    }
    drop(store);
    let config = folder.join("bollwerk.yaml");
    let text = "version: 1\nretention: {decisionDays: 1, decisionRows: 1000, actionDays: 2}\n";
    std::fs::write(&config, text).unwrap();
    let address = format!("sqlite:{}", path.display());
    let more = ["--config", config.to_str().unwrap(), "--store", &address];
    let demo = Demo::start(&shop(), &more);
    let began = Instant::now();
    loop {
        let (decisions, health) = (demo.data("/decisions?limit=500"), demo.data("/health"));
        let actions = health["actions"].as_array().unwrap();
        if decisions["total"] == 1_000 && actions.len() == 1 {
            assert_eq!(actions[0]["target"], "47");
            assert_eq!(decisions["decisions"][0]["name"], "it-1999");
            assert_eq!(decisions["days"], 1);
            break;
        }
        assert!(began.elapsed() < WAIT, "{decisions}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(demo.page("/decisions").contains("in the last 1 day."));
    drop(demo);
    std::fs::remove_dir_all(&folder).unwrap();
}
