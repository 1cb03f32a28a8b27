//! Kubernetes' own libraries (k8s.io/apiserver/pkg/cel/library).

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Found, texts};
use crate::authorize::{Check, Identity, Question};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::format_named::Named;
use crate::function::Function;
use crate::map::Entries;
use crate::net::{Cidr, Ip};
use crate::opaque::Opaque;
use crate::quantity::Quantity;
use crate::semver::Semver;
use crate::url::Url;
use crate::value::{Map, Object, Value};

pub(crate) fn format_constant<'a, O: Object<'a>>(name: &str) -> Option<Value<'a, O>> {
    let named = Named::find(name.strip_prefix("format.")?)?;
    Some(Value::opaque(Opaque::Named(named)))
}

pub(crate) fn from_text<'a, O: Object<'a>>(function: Function, text: &str) -> Found<'a, O> {
    Ok(Some(match function {
        Function::Url => Value::opaque(Opaque::Url(Url::parse(text)?)),
        Function::IsUrl => Value::Bool(Url::check(text).is_ok()),
        Function::Quantity => Value::opaque(Opaque::Quantity(Quantity::parse(text)?)),
        Function::IsQuantity => Value::Bool(Quantity::parse(text).is_ok()),
        Function::Ip => Value::opaque(Opaque::Ip(Ip::parse(text)?)),
        Function::IsIp => Value::Bool(Ip::parse(text).is_ok()),
        Function::IpIsCanonical => Value::Bool(Ip::parse(text)?.0.to_string() == text),
        Function::Cidr => Value::opaque(Opaque::Cidr(Cidr::parse(text)?)),
        Function::IsCidr => Value::Bool(Cidr::parse(text).is_ok()),
        Function::Semver => Value::opaque(Opaque::Semver(Semver::parse(text)?)),
        Function::IsSemver => Value::Bool(Semver::parse(text).is_ok()),
        Function::FormatNamed => match Named::find(text) {
            Some(named) => Value::some(Value::opaque(Opaque::Named(named))),
            None => Value::Optional(None),
        },
        _ => return Ok(None),
    }))
}

pub(crate) fn from_texts<'a, O: Object<'a>>(
    function: Function,
    text: &str,
    other: &Value<'a, O>,
) -> Found<'a, O> {
    let Value::Bool(normalizes) = other else { return Ok(None) };
    let parse = || if *normalizes { Semver::parse_normalized(text) } else { Semver::parse(text) };
    Ok(match function {
        Function::Semver => Some(Value::opaque(Opaque::Semver(parse()?))),
        Function::IsSemver => Some(Value::Bool(parse().is_ok())),
        _ => None,
    })
}

pub(crate) fn unary<'a, O: Object<'a>>(function: Function, opaque: &Opaque) -> Found<'a, O> {
    match opaque {
        Opaque::Url(url) => Ok(of_url(function, url)),
        Opaque::Quantity(quantity) => of_quantity(function, quantity),
        Opaque::Ip(ip) => Ok(of_ip(function, *ip)),
        Opaque::Cidr(cidr) => Ok(match function {
            Function::Ip => Some(Value::opaque(Opaque::Ip(Ip(cidr.address)))),
            Function::PrefixLength => Some(Value::Int(i64::from(cidr.bits))),
            Function::Masked => Some(Value::opaque(Opaque::Cidr(cidr.masked()))),
            _ => None,
        }),
        Opaque::Semver(version) => {
            let [major, minor, patch] = version.numbers.map(|number| number as i64);
            Ok(match function {
                Function::Major => Some(Value::Int(major)),
                Function::Minor => Some(Value::Int(minor)),
                Function::Patch => Some(Value::Int(patch)),
                _ => None,
            })
        }
        Opaque::Decision(decision) => Ok(match function {
            Function::Errored => Some(Value::Bool(!decision.error.is_empty())),
            Function::ErrorText => Some(Value::text(&*decision.error)),
            Function::Allowed => Some(Value::Bool(decision.is_allowed)),
            Function::Reason => Some(Value::text(&*decision.reason)),
            _ => None,
        }),
        _ => Ok(None),
    }
}

fn of_url<'a, O: Object<'a>>(function: Function, url: &Url) -> Option<Value<'a, O>> {
    Some(match function {
        Function::UrlScheme => Value::text(&*url.scheme),
        Function::UrlHost => Value::text(&*url.host),
        Function::UrlHostname => Value::text(url.hostname()),
        Function::UrlPort => Value::text(url.port()),
        Function::UrlPath => Value::text(&*url.path),
        Function::UrlQuery => {
            let mut entries = Entries::default();
            for (name, values) in url.query() {
                // Texts are always keys.
                let _ = entries.insert(Value::text(name), texts(values));
            }
            Value::Map(Map::Built(Rc::new(entries)))
        }
        _ => return None,
    })
}

fn of_quantity<'a, O: Object<'a>>(function: Function, quantity: &Quantity) -> Found<'a, O> {
    Ok(Some(match function {
        Function::Sign => Value::Int(quantity.nanos.signum() as i64),
        Function::AsDouble => Value::Double(quantity.as_double()),
        Function::IsInteger => Value::Bool(quantity.as_integer().is_some()),
        Function::AsInteger => {
            let reason = "cannot convert value to integer";
            Value::Int(quantity.as_integer().ok_or_else(|| Error::new(reason))?)
        }
        _ => return Ok(None),
    }))
}

fn of_ip<'a, O: Object<'a>>(function: Function, ip: Ip) -> Option<Value<'a, O>> {
    Some(Value::Bool(match function {
        Function::IpFamily => return Some(Value::Int(if ip.0.is_ipv4() { 4 } else { 6 })),
        Function::IsUnspecified => ip.is_unspecified(),
        Function::IsLoopback => ip.is_loopback(),
        Function::IsLinkLocalMulticast => ip.is_link_local_multicast(),
        Function::IsLinkLocalUnicast => ip.is_link_local_unicast(),
        Function::IsGlobalUnicast => ip.is_global_unicast(),
        _ => return None,
    }))
}

pub(crate) fn binary<'a, O: Object<'a>>(
    evaluator: &mut Evaluator<'a, '_, O>,
    function: Function,
    opaque: &Opaque,
    other: &Value<'a, O>,
) -> Found<'a, O> {
    match (opaque, other) {
        (Opaque::Quantity(one), Value::Opaque(other)) => match &**other {
            Opaque::Quantity(two) => quantities(function, one, two),
            _ => Ok(None),
        },
        (Opaque::Quantity(one), Value::Int(int)) => match function {
            Function::Plus | Function::Minus => {
                quantities(function, one, &Quantity::from_int(*int))
            }
            _ => Ok(None),
        },
        (Opaque::Semver(one), Value::Opaque(other)) => match &**other {
            Opaque::Semver(two) => Ok(ordered(function, one.order(two))),
            _ => Ok(None),
        },
        (Opaque::Cidr(network), other) => of_network(function, *network, other),
        (Opaque::Named(named), Value::String(text)) if function == Function::Validate => {
            let wrong = named.validate(text);
            Ok(Some(if wrong.is_empty() {
                Value::Optional(None)
            } else {
                Value::some(texts(wrong))
            }))
        }
        (_, Value::String(text)) => authorization(evaluator, function, opaque, text),
        _ => Ok(None),
    }
}

fn ordered<'a, O: Object<'a>>(function: Function, order: Ordering) -> Option<Value<'a, O>> {
    Some(match function {
        Function::IsGreaterThan => Value::Bool(order.is_gt()),
        Function::IsLessThan => Value::Bool(order.is_lt()),
        Function::CompareTo => Value::Int(order as i64),
        _ => return None,
    })
}

fn quantities<'a, O: Object<'a>>(
    function: Function,
    one: &Quantity,
    two: &Quantity,
) -> Found<'a, O> {
    Ok(match function {
        Function::Plus => Some(Value::opaque(Opaque::Quantity(one.plus(two)?))),
        Function::Minus => Some(Value::opaque(Opaque::Quantity(one.minus(two)?))),
        _ => ordered(function, one.order(two)),
    })
}

fn of_network<'a, O: Object<'a>>(
    function: Function,
    network: Cidr,
    other: &Value<'a, O>,
) -> Found<'a, O> {
    let holds = match (function, other) {
        (Function::ContainsIp, Value::String(text)) => match Ip::parse(text) {
            Ok(ip) => network.contains(ip),
            Err(_) => return Err(Error::no_overload()),
        },
        (Function::ContainsCidr, Value::String(text)) => {
            network.contains_network(Cidr::parse(text)?)
        }
        (Function::ContainsIp, Value::Opaque(other)) => match &**other {
            Opaque::Ip(ip) => network.contains(*ip),
            _ => return Ok(None),
        },
        (Function::ContainsCidr, Value::Opaque(other)) => match &**other {
            Opaque::Cidr(other) => network.contains_network(*other),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(Value::Bool(holds)))
}

fn authorization<'a, O: Object<'a>>(
    evaluator: &mut Evaluator<'a, '_, O>,
    function: Function,
    opaque: &Opaque,
    text: &str,
) -> Found<'a, O> {
    let changed = |change: &dyn Fn(&mut Check)| match opaque {
        Opaque::Resource(check) => {
            let mut check = check.clone();
            change(&mut check);
            Some(Value::opaque(Opaque::Resource(check)))
        }
        _ => None,
    };
    Ok(match (function, opaque) {
        (Function::Path, Opaque::Authorizer(identity)) => {
            if text.trim().is_empty() {
                return Err(Error::new("path must not be empty"));
            }
            Some(Value::opaque(Opaque::Path(identity.clone(), text.into())))
        }
        (Function::Group, Opaque::Authorizer(identity)) => {
            Some(Value::opaque(Opaque::Group(identity.clone(), text.into())))
        }
        (Function::Resource, Opaque::Group(identity, group)) => {
            if text.trim().is_empty() {
                return Err(Error::new("resource must not be empty"));
            }
            let check = Check::new(identity.clone(), group, text);
            Some(Value::opaque(Opaque::Resource(check)))
        }
        (Function::Subresource, _) => changed(&|check| check.subresource = text.into()),
        (Function::Namespace, _) => changed(&|check| check.namespace = text.into()),
        (Function::Name, _) => changed(&|check| check.name = text.into()),
        (Function::FieldSelector, _) => changed(&|check| check.field_selector = text.into()),
        (Function::LabelSelector, _) => changed(&|check| check.label_selector = text.into()),
        (Function::Check, Opaque::Path(identity, path)) => {
            Some(evaluator.decide(text, Question::Path { identity, path })?)
        }
        (Function::Check, Opaque::Resource(check)) => {
            Some(evaluator.decide(text, Question::Resource(check))?)
        }
        _ => None,
    })
}

pub(crate) fn service_account<'a, O: Object<'a>>(
    opaque: &Opaque,
    namespace: &str,
    name: &str,
) -> Found<'a, O> {
    let Opaque::Authorizer(_) = opaque else { return Ok(None) };
    let is_valid = |form: &str, text: &str| {
        Named::find(form).is_some_and(|form| form.validate(text).is_empty())
    };
    if !is_valid("dns1123Subdomain", name) {
        return Err(Error::new("Invalid service account name"));
    }
    if !is_valid("dns1123Label", namespace) {
        return Err(Error::new("Invalid service account namespace"));
    }
    let identity = Identity::ServiceAccount { namespace: namespace.into(), name: name.into() };
    Ok(Some(Value::opaque(Opaque::Authorizer(identity))))
}
