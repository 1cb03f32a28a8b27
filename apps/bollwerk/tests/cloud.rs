//! Managed clusters from files: named, found in a folder, saved, compared, and in every format.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use program::{Folder, bollwerk};
use serde_json::Value;

const NOW: &str = "--now=2026-12-01T00:00:00Z";

/// What `az aks show` prints, shortened.
const SHOWN: &str = r#"{
  "aadProfile": {"enableAzureRbac": true, "managed": true},
  "agentPoolProfiles": [
    {
      "enableNodePublicIp": true,
      "name": "system",
      "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202608.01.0",
      "type": "VirtualMachineScaleSets"
    }
  ],
  "apiServerAccessProfile": null,
  "disableLocalAccounts": true,
  "enableRbac": true,
  "id": "/subscriptions/0/resourcegroups/web/providers/x/managedClusters/shop",
  "kind": "Base",
  "name": "shop",
  "networkProfile": {"networkPolicy": "calico"},
  "oidcIssuerProfile": {"enabled": true},
  "securityProfile": {"workloadIdentity": {"enabled": true}, "azureKeyVaultKms": {"enabled": true}},
  "servicePrincipalProfile": {"clientId": "msi", "secret": "c4n4ry-s3cr3t"},
  "type": "Microsoft.ContainerService/ManagedClusters"
}
"#;

fn json(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let arguments = [["scan", NOW, "--format=json"].as_slice(), arguments].concat();
    let (code, out, error) = bollwerk(folder.path(), &arguments, "");
    assert_ne!(code, 2, "{error}");
    (code, serde_json::from_str(&out).unwrap())
}

/// Controls with the lines of their findings.
fn found(report: &Value) -> Vec<(String, u64)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<_> = findings
        .map(|it| {
            let line = it["location"]["line"].as_u64().unwrap();
            (it["control"].as_str().unwrap().to_owned(), line)
        })
        .collect();
    found.sort();
    found
}

const EXPECTED: [(&str, u64); 4] = [
    ("api-server-open-to-all-addresses", 11),
    ("node-image-outdated", 7),
    ("node-public-address", 5),
    ("run-command-usable", 11),
];

fn expected() -> Vec<(String, u64)> {
    EXPECTED.iter().map(|(control, line)| ((*control).to_owned(), *line)).collect()
}

#[test]
fn a_named_file_and_one_in_a_folder_say_the_same() {
    let folder = Folder::new(&[("shop.json", SHOWN), ("deploy/shop.json", SHOWN)]);
    for arguments in [["--arm", "shop.json"].as_slice(), &["shop.json"], &["deploy"]] {
        let (code, report) = json(&folder, arguments);
        assert_eq!((code, found(&report)), (1, expected()), "{arguments:?}");
        let finding = &report["findings"][0];
        assert_eq!(finding["subject"]["type"], "cloud-resource");
        let id = finding["subject"]["name"].as_str().unwrap();
        assert!(id.ends_with("/managedClusters/shop") && finding["object"].is_null(), "{id}");
    }
}

#[test]
fn what_holds_no_cluster_or_is_unclear_is_a_gap() {
    let template = r#"{
        "$schema": "https://schema.management.azure.com/schemas/deploymentTemplate.json#",
        "resources": [{"type": "Microsoft.ContainerService/managedClusters", "name": "shop",
        "properties": {"enableRBAC": "[parameters('rbac')]"}}]}"#;
    let folder = Folder::new(&[("values.json", "{\"a\": 1}"), ("template.json", template)]);
    for (file, kind, count) in [
        ("values.json", "empty", 1),
        ("gone.json", "unreadable", 1),
        ("template.json", "not-evaluated", 1),
    ] {
        let (code, report) = json(&folder, &["--arm", file, "--fail-on=none"]);
        let gaps = report["gaps"].as_array().unwrap();
        let kinds: Vec<_> = gaps.iter().map(|gap| gap["kind"].as_str().unwrap()).collect();
        assert_eq!((code, kinds), (3, vec![kind; count]), "{file}: {gaps:?}");
    }
    // In a folder the same file is somebody else's.
    let (code, report) = json(&folder, &["values.json"]);
    assert_eq!((code, &report["coverage"]["otherDocuments"]), (0, &Value::from(1)));
}

#[test]
fn a_snapshot_keeps_clusters_and_a_diff_tells_what_changed() {
    let folder = Folder::new(&[
        ("old.json", &SHOWN.replace("\"calico\"", "\"none\"")),
        ("new.json", &SHOWN.replace("resourcegroups", "resourceGroups")),
    ]);
    let save = ["snapshot", "save", NOW, "--arm", "new.json", "-o", "saved"];
    let (code, _, error) = bollwerk(folder.path(), &save, "");
    assert_eq!(code, 0, "{error}");
    let (code, out, _) =
        bollwerk(folder.path(), &["scan", "--snapshot", "saved", "--format=json"], "");
    let report: Value = serde_json::from_str(&out).unwrap();
    let controls: Vec<_> = found(&report).into_iter().map(|(control, _)| control).collect();
    assert_eq!((code, controls), (1, EXPECTED.map(|(control, _)| control.to_owned()).to_vec()));
    let diff = ["diff", NOW, "old.json", "new.json", "--format=json", "--fail-on=info"];
    let (code, out, error) = bollwerk(folder.path(), &diff, "");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, found(&report)), (0, vec![]), "{error}");
    assert_eq!(report["resolved"][0]["control"], "network-policy-engine-missing");
    let changes = report["changes"].as_array().unwrap();
    assert!(changes.len() == 1 && changes[0]["object"] == "ManagedCluster web/shop", "{changes:?}");
}

#[test]
fn every_format_names_the_resource_and_shows_no_secret() {
    let folder = Folder::new(&[("shop.json", SHOWN)]);
    for format in [
        "terminal",
        "json",
        "sarif",
        "html",
        "junit",
        "markdown",
        "csv",
        "gitlab",
        "oscal",
        "open-reports",
        "policy-reports",
    ] {
        let format = format!("--format={format}");
        let arguments = ["scan", NOW, &format, "--arm", "shop.json"];
        let (code, out, error) = bollwerk(folder.path(), &arguments, "");
        assert_eq!(code, 1, "{format}: {error}");
        assert!(out.contains("ManagedCluster") || format.ends_with("json"), "{format}: {out}");
        assert!(out.contains("shop") && !out.contains("c4n4ry"), "{format}");
    }
}

#[test]
fn a_framework_is_answered_by_a_cluster() {
    let folder = Folder::new(&[("shop.json", SHOWN)]);
    let (_, report) = json(&folder, &["--arm", "shop.json", "--framework=cis-aks-1.8"]);
    let items = report["framework"]["items"].as_array().unwrap();
    let status = |id: &str| {
        let item = items.iter().find(|item| item["id"] == id).unwrap();
        item["status"].as_str().unwrap()
    };
    let found = ["5.3.1", "5.4.1", "5.4.2", "5.4.3", "5.4.4", "5.5.1", "2.1.1"].map(status);
    assert_eq!(found, ["pass", "fail", "fail", "fail", "pass", "pass", "not assessed"]);
}

#[test]
fn an_exception_names_a_cluster_by_its_short_name() {
    let exceptions = "version: 1\nexceptions:\n- {control: run-command-usable, kind: \
                      ManagedCluster, name: web/shop, reason: x}\n";
    let folder = Folder::new(&[("shop.json", SHOWN), ("bollwerk.yaml", exceptions)]);
    let (_, report) = json(&folder, &["--arm", "shop.json"]);
    let expected: Vec<_> =
        expected().into_iter().filter(|it| it.0 != "run-command-usable").collect();
    assert_eq!(found(&report), expected);
}
