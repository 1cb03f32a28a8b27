//! Every format with records that count, that do not, and that cannot be read.

use model::flow::Traffic;

use super::*;

fn read(log: &str) -> Traffic {
    let mut reader = Reader::default();
    reader.read(&mut log.as_bytes(), "log").unwrap();
    reader.finish()
}

/// The connections in words, and what is denied, passed over and unreadable.
fn gist(log: &str) -> (Vec<String>, [u64; 3]) {
    let traffic = read(log);
    let end = |end: &FlowEnd| match end {
        FlowEnd::Named { namespace, name } => format!("{namespace}/{name}"),
        FlowEnd::Address(address) => address.to_string(),
    };
    let word = |(flow, _): (&Flow, &u64)| {
        format!("{} {} {} {}", end(&flow.from), end(&flow.to), flow.protocol, flow.port)
    };
    let counts = [traffic.denied, traffic.passed_over, traffic.unreadable];
    (traffic.flows.iter().map(word).collect(), counts)
}

fn check(log: &str, flows: &[&str], counts: [u64; 3]) {
    assert_eq!(gist(log), (flows.iter().map(|it| (*it).to_owned()).collect(), counts), "{log}");
}

#[test]
fn our_own_lines_are_read() {
    let log = r#"{"from":"shop/web","to":"2001:db8::1","port":443}
{"from":"shop/web","to":"::ffff:10.0.0.1","port":53,"protocol":"UDP"}
{"from":"shop/","to":"10.0.0.1","port":1}
{"from":"shop/web","to":"10.0.0.1","port":0}
{"from":"shop/web","to":"10.0.0.1","port":70000}
{"from":"shop/web","to":"10.0.0.1","port":1,"protocol":"tcp"}
{"from":"shop/w"#;
    check(log, &["shop/web 10.0.0.1 UDP 53", "shop/web 2001:db8::1 TCP 443"], [0, 0, 5]);
    assert_eq!(read(log).examples[4], ("log:7".to_owned(), "is cut off".to_owned()));
}

#[test]
fn hubble_counts_what_was_forwarded_and_opened() {
    let flow = |verdict: &str, reply: bool, protocol: &str| {
        format!(
            concat!(
                r#"{{"verdict":"{verdict}","is_reply":{reply},"IP":{{"source":"10.0.0.1","#,
                r#""destination":"10.0.0.2"}},"l4":{{"{protocol}":{{"source_port":40000,"#,
                r#""destination_port":80}}}},"source":{{"namespace":"a","pod_name":"x-1","#,
                r#""workloads":[{{"name":"x","kind":"Deployment"}}]}},"#,
                r#""destination":{{"labels":["reserved:world"]}}}}"#
            ),
            verdict = verdict,
            reply = reply,
            protocol = protocol
        )
    };
    let envelope = format!("{{\"flow\":{}}}", flow("FORWARDED", false, "TCP"));
    check(&flow("FORWARDED", false, "TCP"), &["a/x 10.0.0.2 TCP 80"], [0, 0, 0]);
    check(&envelope, &["a/x 10.0.0.2 TCP 80"], [0, 0, 0]);
    check(&flow("DROPPED", false, "TCP"), &[], [1, 0, 0]);
    check(&flow("FORWARDED", true, "TCP"), &[], [0, 1, 0]);
    check(&flow("FORWARDED", false, "ICMPv4"), &[], [0, 1, 0]);
    check(r#"{"flow":{"source":{}}}"#, &[], [0, 0, 1]);
    check(r#"{"lost_events":{"num_events_lost":5}}"#, &[], [0, 0, 1]);
}

#[test]
fn listings_tell_who_answered() {
    let log = "Netid State Recv-Q Send-Q Local Peer Process
tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:*
tcp ESTAB 0 0 10.0.0.1:40000 10.0.0.2:5432 users:((\"a\",pid=1,fd=3))
tcp ESTAB 0 0 [2001:db8::2]:443 [2001:db8::1]:50000
tcp 6 431999 ESTABLISHED src=10.0.0.1 dst=10.96.0.1 sport=4000 dport=443 src=10.0.0.9 \
        dst=10.0.0.1 sport=6443 dport=4000 [ASSURED] mark=0 use=1
udp 17 20 src=10.0.0.1 dst=10.0.0.3 sport=4000 dport=53 [UNREPLIED] src=10.0.0.3 \
        dst=10.0.0.1 sport=53 dport=4000
tcp 6 431999 ESTABLISHED src=10.0.0.1 dst=10.96.0.1 sport=40";
    let flows = [
        "10.0.0.1 10.0.0.2 TCP 5432",
        "10.0.0.1 10.0.0.9 TCP 6443",
        "2001:db8::1 2001:db8::2 TCP 443",
    ];
    check(log, &flows, [0, 3, 1]);
}

#[test]
fn clouds_are_read() {
    let log = "version account-id interface-id srcaddr dstaddr
2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 1 1 1 2 ACCEPT OK
2 1 eni-1 10.0.0.2 10.0.0.1 443 40000 6 1 1 1 2 ACCEPT OK
2 1 eni-1 10.0.0.3 10.0.0.2 40000 443 6 1 1 1 2 REJECT OK
2 1 eni-1 - - - - - - - 1 2 - NODATA
2 1 eni-1 - - - - - - - 1 2 - SKIPDATA
2 1 eni-1 10.0.0.1 10.0";
    check(log, &["10.0.0.1 10.0.0.2 TCP 443"], [1, 3, 2]);
    let json = concat!(
        r#"{"srcaddr":"10.0.0.1","dstaddr":"10.0.0.2","srcport":40000,"dstport":53,"#,
        r#""protocol":17,"action":"ACCEPT"}"#
    );
    check(json, &["10.0.0.1 10.0.0.2 UDP 53"], [0, 0, 0]);
    let nsg = concat!(
        r#"{"records":[{"properties":{"Version":2,"flows":[{"rule":"r","flows":[{"mac":"m","#,
        r#""flowTuples":["1,10.0.0.1,10.0.0.2,40000,443,T,O,A,B,,,,","1,10.0.0.1,10.0.0.2,"#,
        r#"40000,443,T,O,A,E,1,2,3,4","1,10.0.0.1,10.0.0.2,1,2,T,O,D,B,,,,","1,"#,
        r#"10.0"]}]}]}},{}]}"#
    );
    check(nsg, &["10.0.0.1 10.0.0.2 TCP 443"], [1, 1, 2]);
    let vnet = concat!(
        r#"{"records":[{"flowRecords":{"flows":[{"flowGroups":[{"rule":"r","#,
        r#""flowTuples":["1,2001:db8::1,2001:db8::2,40000,443,6,O,B,NX,0,0,0,0","1,"#,
        r#"10.0.0.1,10.0.0.2,1,2,6,O,D,NX,0,0,0,0"]}]}]}}]}"#
    );
    check(vnet, &["2001:db8::1 2001:db8::2 TCP 443"], [1, 0, 0]);
}

#[test]
fn other_text_is_told_with_its_line() {
    let traffic = read("\n\nnonsense\n\u{1}\n[1]\n{}\n");
    assert_eq!((traffic.unreadable, traffic.flows.len()), (4, 0));
    assert_eq!(traffic.examples[0].0, "log:3");
}

#[test]
fn the_time_between_first_and_last_is_told() {
    let line = |time: &str| format!("{{\"from\":\"a/b\",\"to\":\"::1\",\"port\":1{time}}}\n");
    let at = |time: &str| line(&format!(",\"time\":\"{time}\""));
    let (first, last) = ("2026-11-20T10:00:00Z", "2026-11-24T10:00:00.5Z");
    let hubble = format!("{{\"flow\":{{\"verdict\":\"DROPPED\"}},\"time\":\"{last}\"}}\n");
    let azure = format!("{{\"records\":[{{\"time\":\"{first}\"}}]}}\n");
    let log = [at("2026-11-22T10:00:00Z"), hubble, azure, line(""), at("yesterday")].concat();
    assert_eq!(read(&log).window, Some((first.to_owned(), last.to_owned())));
    assert_eq!(read(&line("")).window, None);
}

#[test]
fn names_have_a_limit() {
    let line = |length| {
        let name = "a".repeat(length);
        format!("{{\"from\":\"shop/{name}\",\"to\":\"10.0.0.1\",\"port\":1}}")
    };
    assert_eq!(gist(&line(253)).1, [0, 0, 0]);
    assert_eq!(gist(&line(254)), (Vec::new(), [0, 0, 1]));
}
