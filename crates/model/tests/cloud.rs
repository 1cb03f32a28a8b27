//! Managed clusters are read from every form in which Azure describes them, and what is not said
//! clearly is not known.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use model::cloud::{self, AgentPool, Fact, ManagedCluster, node_image_day, short_name};
use model::{
    DigestKey, Fingerprint, GapKind, ItemNames, KubernetesVersion, Object, Origin, Part, Path,
    Redactions, Snapshot, WorldId, items,
};

/// The resources of a text, and what was refused.
fn read(text: &str) -> (Snapshot, Vec<&'static str>) {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    let (mut part, mut refused) = (Part::new(), Vec::new());
    for document in stream.documents() {
        let root = document.unwrap().root();
        for item in items(root, &mut |_, why| refused.push(why)) {
            let (_, kind) = item.typed.as_ref().unwrap();
            let redactions = Redactions::find_in(item.node, kind, &DigestKey::new(&[1; 32]));
            let origin = Origin { file: 0, document: 0, item: item.path, line: 1 };
            part.insert(item.node, &redactions, WorldId(0), origin, item.typed);
        }
    }
    snapshot.add(part);
    (snapshot, refused)
}

fn names(snapshot: &Snapshot) -> Vec<String> {
    snapshot.ids().map(|id| snapshot.object(id).identity().to_string()).collect()
}

fn fingerprint(object: &Object<'_>, at: &Path) -> Fingerprint {
    let (identity, names) = (object.identity(), &mut ItemNames::new());
    Fingerprint::new("x", None, identity, at, object.root, names)
}

const ID: &str = "/subscriptions/0/resourceGroups/web/providers/Microsoft.ContainerService";

#[test]
fn one_cluster_in_two_forms_is_one_cluster() {
    let shown = format!(
        r#"{{"id": "{id}/managedClusters/Shop", "name": "Shop", "kind": "Base",
        "type": "Microsoft.ContainerService/ManagedClusters", "enableRbac": true,
        "apiServerAccessProfile": {{"authorizedIpRanges": ["192.0.2.1/32"],
                                    "enablePrivateCluster": null}},
        "agentPoolProfiles": [{{"name": "system", "enableNodePublicIp": true,
                                "type": "VirtualMachineScaleSets"}}]}}"#,
        id = ID.replace("resourceGroups", "resourcegroups"),
    );
    let got = format!(
        r#"{{"id": "{ID}/managedClusters/shop", "name": "shop",
        "type": "microsoft.containerservice/managedclusters", "properties": {{"enableRBAC": true,
        "apiServerAccessProfile": {{"authorizedIPRanges": ["192.0.2.1/32"]}},
        "agentPoolProfiles": [{{"name": "system", "enableNodePublicIP": true}}]}}}}"#
    );
    let (snapshots, mut fingerprints) = ([read(&shown).0, read(&got).0], Vec::new());
    for snapshot in &snapshots {
        let object = snapshot.object(snapshot.ids().next().unwrap());
        let cluster = ManagedCluster::of(&object).unwrap();
        assert_eq!(cluster.switch("enableRBAC"), Fact::Known(true));
        assert_eq!(cluster.switch("apiServerAccessProfile.enablePrivateCluster"), Fact::Unset);
        let ranges = cluster.texts("apiServerAccessProfile.authorizedIPRanges");
        assert_eq!(ranges, Fact::Known(vec!["192.0.2.1/32"]));
        let pool = &cluster.pools()[0];
        assert_eq!((pool.name, pool.switch("enableNodePublicIP")), ("system", Fact::Known(true)));
        assert_eq!(cluster.problems(), []);
        fingerprints.push([
            fingerprint(&object, &pool.at("enableNodePublicIP")),
            fingerprint(&object, &cluster.at("apiServerAccessProfile.disableRunCommand")),
        ]);
    }
    assert_eq!(fingerprints[0], fingerprints[1]);
    assert_eq!(names(&snapshots[0]), ["ManagedCluster web/Shop"]);
}

#[test]
fn lists_templates_and_pools_are_read() {
    let cluster = |name: &str| {
        format!(
            "{{type: Microsoft.ContainerService/managedClusters, name: {name}, properties: \
             {{agentPoolProfiles: [{{name: a}}]}}}}"
        )
    };
    let pool = |name: &str| {
        format!(
            "{{type: Microsoft.ContainerService/managedClusters/agentPools, name: \"{name}\", \
             properties: {{mode: User}}}}"
        )
    };
    let one = cluster("one");
    let other = "{type: Microsoft.Network/virtualNetworks, properties: {}}";
    let named = "\"[parameters('name')]\"";
    let (of_named, exported) = (cluster(named), pool("[concat(parameters('name'), '/a')]"));
    let built = pool("[format('{0}/{1}', parameters('name'), 'b')]");
    let child = "{type: Microsoft.ContainerService/managedClusters, name: c, properties: {}, \
                 resources: [{type: agentPools, name: p, properties: {}}]}";
    let nested = format!(
        "{{type: Microsoft.Resources/deployments, properties: {{template: {{resources: \
         [{one}]}}}}}}"
    );
    for (text, expected) in [
        (format!("[{one}, {other}]"), vec!["ManagedCluster one"]),
        (
            format!("value: [{one}, {}]", cluster("two")),
            vec!["ManagedCluster one", "ManagedCluster two"],
        ),
        (format!("data: [{one}]"), vec!["ManagedCluster one"]),
        (
            format!("resources: [{other}, {one}, {}]", pool("one/b")),
            vec!["ManagedCluster one", "AgentPool one/b"],
        ),
        // A pool that its cluster lists is told once.
        (format!("resources: [{one}, {}]", pool("ONE/a")), vec!["ManagedCluster one"]),
        (
            format!("resources: [{of_named}, {exported}, {built}]"),
            vec![
                "ManagedCluster [parameters('name')]",
                "AgentPool [format('{0}/{1}', parameters('name'), 'b')]",
            ],
        ),
        // Templates of language version 2.0 name their resources.
        (format!("resources: {{cluster: {one}}}"), vec!["ManagedCluster one"]),
        (format!("resources: [{child}]"), vec!["ManagedCluster c", "AgentPool p"]),
        (format!("resources: [{nested}]"), vec!["ManagedCluster one"]),
    ] {
        let (snapshot, refused) = read(&text);
        assert_eq!(
            (names(&snapshot), refused),
            (expected.into_iter().map(str::to_owned).collect(), vec![]),
            "{text}"
        );
    }
}

#[test]
fn what_is_somebody_elses_stays_so() {
    let kind = "type: Microsoft.ContainerService/managedClusters";
    for text in [
        "a: 1",
        "- 1",
        "resources: [a.yaml]",
        "value: {type: 5}",
        "type: Microsoft.ContainerService/managedClusters/maintenanceConfigurations",
        // A Secret may have any type: it stays a Secret.
        &format!("{{apiVersion: v1, kind: Secret, metadata: {{name: a}}, {kind}}}"),
    ] {
        let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
        assert!(!cloud::holds(stream.documents().next().unwrap().unwrap().root()), "{text}");
    }
    // Named and not described: `az resource list` prints no properties.
    let (snapshot, refused) = read(&format!("[{{{kind}, name: a, properties: null}}]"));
    assert!(snapshot.is_empty() && refused.len() == 1, "{refused:?}");
}

#[test]
fn what_is_not_said_clearly_is_not_known() {
    let cases = [
        ("properties: {enableRBAC: \"[parameters('a')]\"}", GapKind::NotEvaluated),
        ("properties: {enableRBAC: 'true'}", GapKind::WrongType),
        ("properties: {enableRBAC: true, enableRbac: false}", GapKind::DuplicateKey),
        ("properties: \"[variables('all')]\"", GapKind::NotEvaluated),
        ("properties: 5", GapKind::WrongType),
        ("properties: {copy: [{name: enableRBAC, input: true}]}", GapKind::NotEvaluated),
        ("properties: {apiServerAccessProfile: [], enableRBAC: []}", GapKind::WrongType),
        (
            "properties: {enableRBAC: {}, apiServerAccessProfile: {authorizedIPRanges: [5]}}",
            GapKind::WrongType,
        ),
        (
            "properties: {enableRBAC: 1, agentPoolProfiles: [5, {nodeImageVersion: new}]}",
            GapKind::InvalidValue,
        ),
    ];
    for (text, kind) in cases {
        let head = "type: Microsoft.ContainerService/managedClusters\nname: a\n";
        let (snapshot, _) = read(&format!("{head}{text}"));
        let object = snapshot.object(snapshot.ids().next().unwrap());
        let cluster = ManagedCluster::of(&object).unwrap();
        assert_eq!(cluster.switch("enableRBAC"), Fact::Unknown, "{text}");
        let problems = cluster.problems();
        assert!(problems.iter().any(|problem| problem.kind == kind), "{text}: {problems:?}");
    }
    // An escaped bracket is a text.
    let text = "type: Microsoft.ContainerService/managedClusters\nproperties: {networkProfile: \
                {networkPolicy: '[[calico]'}}";
    let (snapshot, _) = read(text);
    let object = snapshot.object(snapshot.ids().next().unwrap());
    let cluster = ManagedCluster::of(&object).unwrap();
    assert_eq!(cluster.text("networkProfile.networkPolicy"), Fact::Known("[[calico]"));
}

#[test]
fn there_is_a_limit_on_everything() {
    let ranges = vec!["192.0.2.1"; 10_001].join(", ");
    let pools = vec!["{name: a}"; 1_001].join(", ");
    let text = format!(
        "type: Microsoft.ContainerService/managedClusters\nproperties: {{apiServerAccessProfile: \
         {{authorizedIPRanges: [{ranges}]}}, agentPoolProfiles: [{pools}]}}"
    );
    let (snapshot, _) = read(&text);
    let object = snapshot.object(snapshot.ids().next().unwrap());
    let cluster = ManagedCluster::of(&object).unwrap();
    let limits = cluster.problems().into_iter().filter(|it| it.kind == GapKind::Limit);
    assert_eq!((limits.count(), cluster.pools().len()), (2, 1_000));
    let many = vec!["{type: Microsoft.ContainerService/managedClusters, properties: {}}"; 10_002];
    let (snapshot, refused) = read(&format!("[{}]", many.join(", ")));
    assert_eq!((snapshot.len(), refused.len()), (10_000, 1));
    // Templates in templates end somewhere.
    let inner = "{type: Microsoft.Resources/deployments, properties: {template: {resources: [";
    let deep = |depth: usize| {
        let (open, close) = (inner.repeat(depth), "]}}}".repeat(depth));
        let text = format!("[{open}{}{close}]", many[0]);
        let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
        cloud::holds(stream.documents().next().unwrap().unwrap().root())
    };
    assert!(deep(2) && !deep(100));
}

#[test]
fn secrets_of_an_export_are_redacted() {
    let text = "type: Microsoft.ContainerService/managedClusters\nproperties:\n  \
                servicePrincipalProfile: {clientId: a, secret: hunter2}\n  addonProfiles: \
                {x: {config: {password: hunter3}}}\n  windowsProfile: {adminPassword: hunter4}";
    let (snapshot, _) = read(text);
    let mut out = Vec::new();
    model::snapshot::write(&snapshot, "0", &mut out).unwrap();
    let written = String::from_utf8(out).unwrap();
    assert!(written.contains("clientId") && !written.contains("hunter"), "{written}");
}

#[test]
fn a_saved_snapshot_keeps_clusters() {
    let text = format!(
        "[{{id: {ID}/managedClusters/a, type: Microsoft.ContainerService/managedClusters, \
         apiVersion: 2025-10-01, properties: {{}}}}, {{name: a/b, type: \
         Microsoft.ContainerService/managedClusters/agentPools, properties: {{}}}}]"
    );
    let (mut snapshot, _) = read(&text);
    (snapshot.files, snapshot.worlds) = (vec!["a".into()], vec!["a".into()]);
    let mut out = Vec::new();
    model::snapshot::write(&snapshot, "0", &mut out).unwrap();
    let again = model::snapshot::read(&mut out.as_slice()).unwrap();
    assert_eq!(names(&again), names(&snapshot));
    let objects: Vec<_> = again.ids().map(|id| again.object(id)).collect();
    assert!(ManagedCluster::of(&objects[0]).is_some() && AgentPool::of(&objects[1]).is_some());
    assert_eq!(objects[0].api_version, "Microsoft.ContainerService/2025-10-01");
}

#[test]
fn days_of_node_images_and_names_are_read() {
    for (version, day) in [
        ("AKSUbuntu-2204gen2containerd-202501.12.0", Some("2025-01-12")),
        ("AKSUbuntu-1804gen2containerd-2022.12.13", Some("2022-12-13")),
        ("AKSUbuntu:1604:2020.03.11", Some("2020-03-11")),
        ("AKSAzureLinux-V3gen2-202611.20.0", Some("2026-11-20")),
        ("AKSWindows-2022-containerd-20348.2113.231115", Some("2023-11-15")),
        ("AKSUbuntu-2204-202513.12.0", None),
        ("AKSUbuntu-2204-202501.12", None),
        ("20é8.01.12", None),
        ("", None),
    ] {
        assert_eq!(node_image_day(version).map(|day| day.to_string()).as_deref(), day, "{version}");
    }
    let pool = format!("{ID}/managedClusters/shop/agentPools/system");
    assert_eq!(short_name(&pool), "web/shop/system");
    assert_eq!(short_name("shop/system"), "shop/system");
}
