//! Manifests whose names try to leave the cell, attribute, element or line they are put into.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use super::Folder;

/// Names as YAML writes them in double quotes.
const NAMES: &[&str] = &[
    "<script>document.title='owned'</script>",
    "<img src=x onerror=document.title='owned'>",
    "</script><script>document.title='owned'</script>",
    "<!--<script>",
    "\\\"><svg onload=document.title='owned'>",
    "' onfocus='document.title=1' autofocus='",
    "]]><b>x</b>",
    "a & b &amp; &lt;",
    "\\x01\\x02\\x1b[2J\\x7f\\x9b",
    "\\uFFFE\\uFFFF",
    "\\u202egnp.exe\\u2066",
    "عربى עברית",
    "=HYPERLINK(\\\"http://x\\\";\\\"y\\\")",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\\t=1+1",
    "a,b;c|d",
    "one\\ntwo\\r\\nthree",
    "| a | b |",
    "`x` @team #1 [x](javascript:alert(1)) ![x](http://x.example/x.png)",
    "</details>",
    "  ",
    "日本語😀",
];

/// File names that do the same.
const FILES: &[&str] = &[
    "<script>document.title='owned'<!--.yaml",
    "=cmd|' -c calc'!A0.yaml",
    "-x.yaml",
    "\"quoted\" 'twice'.yaml",
    "a\u{202e}lmay.yaml",
    "one\ntwo.yaml",
    "tab\tbell\u{7}.yaml",
    "]]>.yaml",
    "a&b#c?d%20.yaml",
    "|pipe| `tick` @team.yaml",
];

/// A folder of pods with such names, in such files, with gaps about them.
pub(crate) fn folder() -> Folder {
    let folder = Folder::new(&[]);
    let long = "x".repeat(10_000);
    for (number, file) in FILES.iter().enumerate() {
        let own = NAMES.iter().skip(number).step_by(FILES.len());
        let mut text = String::new();
        for name in own.copied().chain([long.as_str()]) {
            text.push_str(&pod(name));
            text.push_str(&managed_cluster(name));
        }
        folder.write(file, &text);
        folder.write(&format!("broken/{file}"), "apiVersion: v1\nkind: [\n");
    }
    std::fs::write(folder.path().join("binary.yaml"), [0, 0xff]).unwrap();
    folder
}

/// A pod with a name wherever one fits, and a field of the wrong type.
fn pod(name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: \"{name}\"\n  namespace: \"{name}\"\n  \
         annotations: {{app.kubernetes.io/managed-by: \"{name}\"}}\nspec:\n  hostPID: true\n  \
         priority: \"{name}\"\n  containers:\n  - name: \"{name}\"\n    image: \"{name}\"\n    \
         securityContext: {{privileged: true, runAsUser: \"{name}\"}}\n"
    )
}

/// A managed cluster with a name wherever one fits, and a setting of the wrong type.
fn managed_cluster(name: &str) -> String {
    format!(
        "---\ntype: Microsoft.ContainerService/managedClusters\nname: \"{name}\"\ntags: {{owner: \
         \"{name}\"}}\nproperties:\n  enableRBAC: \"{name}\"\n  agentPoolProfiles: [{{name: \
         \"{name}\", enableNodePublicIP: true, nodeImageVersion: \"{name}\"}}]\n"
    )
}
