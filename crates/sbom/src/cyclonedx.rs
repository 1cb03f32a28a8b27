//! CycloneDX 1.6.

use package::Package;
use serde_json::{Value, json};

use crate::Sbom;
use crate::licence::Licence;

/// What a property of ours is called.
pub(crate) const LAYER: &str = "bollwerk:layer";
pub(crate) const UNOWNED: &str = "bollwerk:unowned";

pub(crate) fn write(sbom: &Sbom<'_>) -> Value {
    let mut components: Vec<Value> = Vec::new();
    if let Some(distribution) = sbom.distribution {
        components.push(json!({
            "type": "operating-system",
            "bom-ref": format!("os:{}", distribution.id),
            "name": distribution.id,
            "version": distribution.version_id,
            "description": distribution.pretty_name,
        }));
    }
    components.extend(sbom.packages.iter().enumerate().map(|(at, it)| component(sbom, at, it)));
    components.extend(sbom.unowned.iter().map(|path| {
        json!({
            "type": "file",
            "bom-ref": format!("file:{path}"),
            "name": path,
            "properties": [{"name": UNOWNED, "value": "true"}],
        })
    }));
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", sbom.uuid()),
        "version": 1,
        "metadata": {
            "timestamp": sbom.created,
            "tools": {"components": [
                {"type": "application", "name": "bollwerk", "version": sbom.tool_version},
            ]},
            "component": {
                "type": "container",
                "bom-ref": "image",
                "name": sbom.name,
                "version": sbom.digest,
            },
        },
        "components": components,
    })
}

fn component(sbom: &Sbom<'_>, at: usize, package: &Package) -> Value {
    let purl = package.purl().to_string();
    let mut component = json!({
        "type": "library",
        // The number keeps apart what has one purl and different licences.
        "bom-ref": format!("{purl}#{at}"),
        "name": package.name,
        "purl": purl,
    });
    if !package.version.is_empty() {
        component["version"] = package.version.clone().into();
    }
    if let Some(group) = package.namespace.as_ref().filter(|_| !package.kind.is_system()) {
        component["group"] = group.clone().into();
    }
    let licences = licences(&package.licences);
    if !licences.is_empty() {
        component["licenses"] = licences.into();
    }
    if !package.found_in.is_empty() {
        let places: Vec<Value> =
            package.found_in.iter().map(|it| json!({"location": it.path})).collect();
        component["evidence"] = json!({"occurrences": places});
    }
    let mut layers: Vec<&str> =
        package.found_in.iter().filter_map(|it| sbom.layer(it.layer)).collect();
    layers.dedup();
    if !layers.is_empty() {
        let property = |layer: &str| json!({"name": LAYER, "value": layer});
        component["properties"] = layers.into_iter().map(property).collect();
    }
    component
}

/// One expression, or any number of licences: never both.
fn licences(stated: &[String]) -> Vec<Value> {
    let stated: Vec<Licence<'_>> = stated.iter().map(|it| Licence::of(it)).collect();
    if let [Licence::Expression(text)] = stated[..] {
        return vec![json!({"expression": text})];
    }
    stated
        .into_iter()
        .map(|licence| match licence {
            Licence::Id(id) => json!({"license": {"id": id}}),
            Licence::Expression(text) | Licence::Name(text) => json!({"license": {"name": text}}),
        })
        .collect()
}
