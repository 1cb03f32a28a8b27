//! Where the parameters of policies are found.

use std::collections::BTreeMap;

use engine::admission_policy::{NoParameters, ParameterReference, Parameters};
use model::{Node, Object, ObjectId, Snapshot, WorldId};

use super::Bound;

/// The objects of a snapshot that policies read as parameters, by their names.
#[derive(Debug, Default)]
pub struct Index(BTreeMap<(String, String), OfKind>);

/// The objects of a kind.
#[derive(Debug, Default)]
struct OfKind {
    /// Whether all that there are were seen: one that is not here is not there.
    is_whole: bool,
    /// Whether they stand in namespaces, where that is known.
    is_namespaced: Option<bool>,
    /// By namespace and name.
    objects: BTreeMap<String, BTreeMap<String, ObjectId>>,
}

impl Index {
    /// An index that has to be told of objects of these kinds, given as `apiVersion` and kind.
    pub fn of_kinds<'k>(kinds: impl IntoIterator<Item = (&'k str, &'k str)>) -> Self {
        let named = |(api_version, kind): (&str, &str)| (api_version.to_owned(), kind.to_owned());
        Self(kinds.into_iter().map(|kind| (named(kind), OfKind::default())).collect())
    }

    /// The parameters of some policies among the objects of some worlds. What is not among them may
    /// be in the cluster all the same.
    pub fn of_worlds(snapshot: &Snapshot, worlds: &[WorldId], bound: &Bound) -> Self {
        let mut index = Self::of_kinds(bound.parameter_kinds());
        if !index.0.is_empty() {
            for id in snapshot.ids().filter(|id| worlds.contains(&snapshot.world(*id))) {
                index.add(&snapshot.object(id), id);
            }
        }
        index
    }

    /// Whether it takes no object in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes an object in, if it is of one of the kinds.
    pub fn add(&mut self, object: &Object<'_>, id: ObjectId) {
        if let Some(found) = self.of_object(object) {
            let namespace = object.namespace.unwrap_or_default().to_owned();
            found.objects.entry(namespace).or_default().insert(object.name.to_owned(), id);
        }
    }

    /// Takes an object out; one that took its place under its name stays.
    pub fn remove(&mut self, object: &Object<'_>, id: ObjectId) {
        let Some(found) = self.of_object(object) else { return };
        let namespace = object.namespace.unwrap_or_default();
        if let Some(names) = found.objects.get_mut(namespace)
            && names.get(object.name) == Some(&id)
        {
            names.remove(object.name);
        }
    }

    /// Says of a kind whether all objects of it were seen, and whether they stand in namespaces,
    /// if that is known.
    pub fn know(
        &mut self,
        api_version: &str,
        kind: &str,
        is_whole: bool,
        is_namespaced: Option<bool>,
    ) {
        let key = (api_version.to_owned(), kind.to_owned());
        if let Some(found) = self.0.get_mut(&key) {
            found.is_whole = is_whole;
            found.is_namespaced = is_namespaced.or(found.is_namespaced);
        }
    }

    /// Takes over new numbers of all objects.
    pub fn renumber(&mut self, moved: impl Fn(ObjectId) -> Option<ObjectId>) {
        for id in self
            .0
            .values_mut()
            .flat_map(|it| it.objects.values_mut())
            .flat_map(|it| it.values_mut())
        {
            *id = moved(*id).unwrap_or(*id);
        }
    }

    fn of_object(&mut self, object: &Object<'_>) -> Option<&mut OfKind> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get_mut(&(object.api_version.to_owned(), object.kind.to_owned()))
    }

    fn of_kind(&self, (api_version, kind): (&str, &str)) -> Option<&OfKind> {
        let is_it = |(known, _): &(&(String, String), &OfKind)| {
            (&*known.0, &*known.1) == (api_version, kind)
        };
        self.0.iter().find(is_it).map(|(_, found)| found)
    }
}

/// Parameters in one place after the other: the first that has any gives them.
pub struct Places<'a>(pub Vec<(&'a Snapshot, &'a Index)>);

impl<'a> Parameters<'a> for Places<'a> {
    fn find(
        &self,
        kind: (&str, &str),
        reference: &ParameterReference,
        namespace: &str,
    ) -> Result<Vec<Node<'a>>, NoParameters> {
        let mut is_known = false;
        for (snapshot, index) in &self.0 {
            let Some(of_kind) = index.of_kind(kind) else { continue };
            let found = of_kind.find(snapshot, reference, namespace)?;
            if !found.is_empty() {
                return Ok(found);
            }
            is_known |= of_kind.is_whole;
        }
        if is_known {
            return Ok(Vec::new());
        }
        let reason = format!("its parameters, of kind {}, were not read", kind.1);
        Err(NoParameters::Unknown(reason))
    }
}

impl OfKind {
    fn find<'a>(
        &self,
        snapshot: &'a Snapshot,
        reference: &ParameterReference,
        namespace: &str,
    ) -> Result<Vec<Node<'a>>, NoParameters> {
        // Of files it is only known by the objects themselves.
        let is_namespaced = self.is_namespaced.or_else(|| {
            let mut places = self.objects.iter().filter(|(_, names)| !names.is_empty());
            places.next().map(|(namespace, _)| !namespace.is_empty())
        });
        let place = match (is_namespaced, &*reference.namespace) {
            (Some(false), "") => "",
            (Some(false), _) => return Err(NoParameters::NO_SCOPE),
            (Some(true), "") if namespace.is_empty() => return Err(NoParameters::NO_NAMESPACE),
            (_, "") => namespace,
            (_, named) => named,
        };
        let Some(names) = self.objects.get(place) else { return Ok(Vec::new()) };
        if !reference.name.is_empty() {
            return Ok(names
                .get(&reference.name)
                .map(|id| snapshot.root(*id))
                .into_iter()
                .collect());
        }
        let objects = names.values().map(|id| snapshot.object(*id));
        Ok(objects.filter(|it| reference.selects(it)).map(|it| it.root).collect())
    }
}
