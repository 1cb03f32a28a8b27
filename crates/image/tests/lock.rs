//! Lock files, in the forms their tools' documentation shows.

mod damage;

use image::Fact;
use image::catalog::{read, wanted};

/// Path, content, and the packages in it.
const CASES: &[(&str, &str, &[&str])] = &[
    (
        "app/package-lock.json",
        r#"{"name": "app", "version": "1.0.0", "lockfileVersion": 1, "dependencies": {
            "a": {"version": "1.0.0", "requires": {"b": "^2"}, "dependencies": {
                "@s/b": {"version": "2.0.0"}}},
            "c": {"version": "npm:d@3.0.0"}, "e": {"version": "4.0.0", "dev": true},
            "f": {"version": "git+ssh://git@example.org/f.git#abc"}}}"#,
        &["pkg:npm/%40s/b@2.0.0", "pkg:npm/a@1.0.0", "pkg:npm/d@3.0.0"],
    ),
    (
        "npm-shrinkwrap.json",
        r#"{"lockfileVersion": 3, "packages": {
            "": {"name": "app", "version": "1.0.0", "dependencies": {"a": "^1"}},
            "node_modules/a": {"version": "1.0.0", "dependencies": {"@s/b": "^2"}},
            "node_modules/a/node_modules/@s/b": {"version": "2.0.0"},
            "node_modules/c": {"name": "d", "version": "3.0.0"},
            "node_modules/e": {"version": "4.0.0", "dev": true},
            "node_modules/part": {"resolved": "part", "link": true},
            "part": {"version": "0.1.0"}}, "dependencies": {"a": {"version": "1.0.0"}}}"#,
        &["pkg:npm/%40s/b@2.0.0", "pkg:npm/a@1.0.0", "pkg:npm/d@3.0.0"],
    ),
    (
        "yarn.lock",
        "# yarn lockfile v1\n\n\n\"@s/b@^2.0.0\", \"@s/b@^2.1.0\":\n  version \"2.1.0\"\n  \
         resolved \"https://example.org/b.tgz\"\n  dependencies:\n    version \"9\"\n\n\
         a@^1.0.0:\n  version \"1.0.0\"\n\nc@npm:d@^3:\n  version \"3.0.0\"\n",
        &["pkg:npm/%40s/b@2.1.0", "pkg:npm/a@1.0.0", "pkg:npm/d@3.0.0"],
    ),
    (
        "yarn.lock",
        "__metadata:\n  version: 6\n  cacheKey: 8\n\n\"@s/b@npm:^2.0.0, @s/b@npm:^2.1.0\":\n  \
         version: 2.1.0\n  resolution: \"@s/b@npm:2.1.0\"\n\n\"app@workspace:.\":\n  \
         version: 0.0.0-use.local\n\n\"c@npm:@s/d@^3\":\n  version: 3.0.0\n",
        &["pkg:npm/%40s/b@2.1.0", "pkg:npm/%40s/d@3.0.0"],
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: 5.4\n\nspecifiers:\n  a: 1\n\npackages:\n\n  /@s/b/2.0.0_c@3.0.0:\n    \
         resolution: {integrity: x}\n    dev: false\n\n  /a/1.0.0:\n    dev: false\n\n  \
         /e/4.0.0:\n    dev: true\n\n  github.com/f/f/abc:\n    dev: false\n",
        &["pkg:npm/%40s/b@2.0.0", "pkg:npm/a@1.0.0"],
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '6.0'\n\npackages:\n\n  /@s/b@2.0.0(c@3.0.0):\n    dev: false\n\n  \
         /a@1.0.0:\n    dev: true\n",
        &["pkg:npm/%40s/b@2.0.0"],
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a: 1\n\n\
         packages:\n\n  '@s/b@2.0.0':\n    resolution: {integrity: x}\n\n  a@1.0.0:\n    \
         engines: {node: '>=6'}\n\nsnapshots:\n\n  a@1.0.1:\n    dependencies:\n      c: 3\n",
        &["pkg:npm/%40s/b@2.0.0", "pkg:npm/a@1.0.0"],
    ),
    (
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \
         \"serde\",\n]\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.200\"\n\
         source = \"registry+https://example.org/index\"\nchecksum = \"x\"\n\n[metadata]\n\
         name = \"x\"\n",
        &["pkg:cargo/serde@1.0.200"],
    ),
    (
        "poetry.lock",
        "[[package]]\nname = \"Jinja2\"\nversion = \"3.1.4\"\ndescription = \"a\"\nfiles = [\n    \
         {file = \"x\", hash = \"y\"},\n]\n\n[package.dependencies]\nMarkupSafe = \">=2.0\"\n\
         version = \"9\"\n\n[[package]]\nname = \"pytest\"\nversion = \"8.0\"\n\
         category = \"dev\"\n",
        &["pkg:pypi/jinja2@3.1.4"],
    ),
    (
        "uv.lock",
        "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n\
         source = { editable = \".\" }\n\n[[package]]\nname = \"anyio\"\nversion = \"4.4.0\"\n\
         source = { registry = \"https://example.org/simple\" }\n",
        &["pkg:pypi/anyio@4.4.0"],
    ),
    (
        "Pipfile.lock",
        r#"{"_meta": {}, "default": {"six": {"hashes": [], "version": "==1.16.0"},
            "own": {"editable": true, "path": "."}}, "develop": {"x": {"version": "==1"}}}"#,
        &["pkg:pypi/six@1.16.0"],
    ),
    (
        "requirements.txt",
        "# comment\n-r other.txt\n--index-url https://example.org/?a==1\nsix==1.16.0\n\
         Django[argon2] == 4.2.1 ; python_version >= \"3.8\"\nflask>=2\nold===1.0 # x\n\
         any==1.*\npip==23.0 \\\n    --hash=sha256:abc==\nurl @ https://example.org/x==1\n",
        &["pkg:pypi/django@4.2.1", "pkg:pypi/old@1.0", "pkg:pypi/pip@23.0", "pkg:pypi/six@1.16.0"],
    ),
    (
        "Gemfile.lock",
        "PATH\n  remote: .\n  specs:\n    own (0.1.0)\n\nGEM\n  remote: https://example.org/\n  \
         specs:\n    nokogiri (1.16.0-x86_64-linux)\n      racc (~> 1.4)\n    racc (1.7.3)\n\n\
         PLATFORMS\n  ruby\n\nDEPENDENCIES\n  nokogiri\n",
        &["pkg:gem/nokogiri@1.16.0", "pkg:gem/racc@1.7.3"],
    ),
    (
        "usr/lib/ruby/gems/3.1.0/specifications/rake-13.0.6.gemspec",
        "# -*- encoding: utf-8 -*-\n# stub: rake 13.0.6 ruby lib\n\n\
         Gem::Specification.new do |s|\n  \
         s.name = \"rake\".freeze\n  s.version = \"13.0.6\"\n  \
         s.licenses = [\"MIT\".freeze]\nend\n",
        &["pkg:gem/rake@13.0.6"],
    ),
    (
        "gems/specifications/default/x.gemspec",
        "Gem::Specification.new do |s|\n  s.name = \"json\"\n  \
         s.version = Gem::Version.new(\"2.6.1\")\nend\n",
        &["pkg:gem/json@2.6.1"],
    ),
    (
        "usr/local/bundle/specifications/nokogiri-1.16.0-x86_64-linux.gemspec",
        "# -*- encoding: utf-8 -*-\n# stub: nokogiri 1.16.0 x86_64-linux lib\n\n\
         Gem::Specification.new do |s|\n  s.name = \"nokogiri\".freeze\n  \
         s.version = \"1.16.0\"\n  s.platform = \"x86_64-linux\".freeze\nend\n",
        &["pkg:gem/nokogiri@1.16.0?platform=x86_64-linux"],
    ),
    (
        "app/vendor/composer/installed.json",
        r#"{"packages": [{"name": "symfony/polyfill-mbstring", "version": "v1.28.0",
            "version_normalized": "1.28.0.0", "type": "library", "license": ["MIT"]}],
            "dev": false, "dev-package-names": []}"#,
        &["pkg:composer/symfony/polyfill-mbstring@v1.28.0"],
    ),
    (
        "composer.lock",
        r#"{"packages": [{"name": "monolog/monolog", "version": "2.9.1", "license": ["MIT"]}],
            "packages-dev": [{"name": "phpunit/phpunit", "version": "9.0.0"}]}"#,
        &["pkg:composer/monolog/monolog@2.9.1"],
    ),
    (
        "app/vendor/composer/installed.json",
        r#"[{"name": "monolog/monolog", "version": "2.9.1"}]"#,
        &["pkg:composer/monolog/monolog@2.9.1"],
    ),
    (
        "app/packages.config",
        "<?xml version=\"1.0\"?>\n<packages>\n  <package id=\"NUnit\" version=\"3.0.0\" \
         targetFramework=\"net48\" developmentDependency=\"true\" />\n  \
         <package id='jQuery' version='3.6.0'/>\n</packages>\n",
        &["pkg:nuget/jQuery@3.6.0"],
    ),
    (
        "mix.lock",
        "%{\n  \"castore\": {:hex, :castore, \"0.1.17\", \"ba67\", [:mix], [], \"hexpm\"},\n  \
         \"own\": {:git, \"https://example.org/own.git\", \"abc\", []},\n  \
         \"plug\": {:hex, :plug, \"1.13.6\", \"187b\", [:mix], [{:mime, \"~> 1.0\", [hex: \
         :mime]}], \"hexpm\", \"02b\"},\n}\n",
        &["pkg:hex/castore@0.1.17", "pkg:hex/plug@1.13.6"],
    ),
    (
        "rebar.lock",
        "{\"1.2.0\",\n[{<<\"certifi\">>,{pkg,<<\"certifi\">>,<<\"2.9.0\">>},1},\n \
         {<<\"own\">>,\n  {git,\"https://example.org/own.git\",{ref,\"abc\"}},0}]}.\n[\n\
         {pkg_hash,[\n {<<\"certifi\">>, <<\"6F2A\">>}]}\n].\n",
        &["pkg:hex/certifi@2.9.0"],
    ),
    (
        "pubspec.lock",
        "# By pub\npackages:\n  async:\n    dependency: transitive\n    description:\n      \
         name: async\n      sha256: \"947b\"\n      url: \"https://example.org\"\n    \
         source: hosted\n    version: \"2.11.0\"\n  flutter:\n    dependency: \"direct main\"\n    \
         description: flutter\n    source: sdk\n    version: \"0.0.0\"\n  lints:\n    \
         dependency: \"direct dev\"\n    source: hosted\n    version: \"2.0.0\"\nsdks:\n  \
         dart: \">=3.0.0 <4.0.0\"\n",
        &["pkg:pub/async@2.11.0"],
    ),
    (
        "Package.resolved",
        r#"{"pins": [{"identity": "swift-nio", "kind": "remoteSourceControl",
            "location": "https://example.org/apple/swift-nio.git",
            "state": {"revision": "abc", "version": "2.0.0"}},
            {"identity": "x", "location": "git@example.org:a/x.git",
             "state": {"revision": "abc", "version": "1.0.0"}},
            {"identity": "b", "location": "https://example.org/a/b",
             "state": {"branch": "main", "revision": "abc"}}], "version": 2}"#,
        &["pkg:swift/example.org/a/x@1.0.0", "pkg:swift/example.org/apple/swift-nio@2.0.0"],
    ),
    (
        "Package.resolved",
        r#"{"object": {"pins": [{"package": "swift-nio", "state": {"branch": null,
            "revision": "abc", "version": "2.0.0"},
            "repositoryURL": "https://example.org/apple/swift-nio.git"}]}, "version": 1}"#,
        &["pkg:swift/example.org/apple/swift-nio@2.0.0"],
    ),
    (
        "conan.lock",
        r#"{"version": "0.5", "requires": ["zlib/1.2.13#97d5%1667", "own/dev@me/x#1"],
            "build_requires": ["cmake/3.25.0#1"]}"#,
        &["pkg:conan/zlib@1.2.13"],
    ),
    (
        "conan.lock",
        r#"{"graph_lock": {"nodes": {"0": {"options": ""}, "1": {"ref": "zlib/1.2.12",
            "options": "", "package_id": "x"}}}, "version": "0.4"}"#,
        &["pkg:conan/zlib@1.2.12"],
    ),
    (
        "cabal.project.freeze",
        "active-repositories: hackage\nconstraints: any.HTTP ==4000.3.16,\n             \
         HTTP -conduit10,\n             any.text ==1.2.4.1\n",
        &["pkg:hackage/HTTP@4000.3.16", "pkg:hackage/text@1.2.4.1"],
    ),
    (
        "stack.yaml.lock",
        "packages:\n- completed:\n    hackage: HTTP-4000.3.16@sha256:6042,5947\n    \
         pantry-tree:\n      size: 1\n  original:\n    hackage: HTTP-4000.3.16@sha256:6042\n\
         snapshots: []\n",
        &["pkg:hackage/HTTP@4000.3.16"],
    ),
    (
        "packages.lock.json",
        r#"{"version": 1, "dependencies": {"net6.0": {
            "Newtonsoft.Json": {"type": "Direct", "resolved": "13.0.1"},
            "own": {"type": "Project"}}}}"#,
        &["pkg:nuget/Newtonsoft.Json@13.0.1"],
    ),
    (
        "app/app.deps.json",
        r#"{"runtimeTarget": {"name": ".NETCoreApp,Version=v6.0"}, "targets": {
            ".NETCoreApp,Version=v6.0": {"app/1.0.0": {"runtime": {"app.dll": {}}},
                "Built.With/1.0.0": {"dependencies": {"Newtonsoft.Json": "13.0.1"}},
                "Newtonsoft.Json/13.0.1": {"runtime": {"lib/net6.0/Newtonsoft.Json.dll": {}}}}},
            "libraries": {"Built.With/1.0.0": {"type": "package"},
            "app/1.0.0": {"type": "project"}, "Newtonsoft.Json/13.0.1": {"type": "package"},
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/6.0.1": {
                "type": "runtimepack"}}}"#,
        &[
            "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@6.0.1",
            "pkg:nuget/Newtonsoft.Json@13.0.1",
        ],
    ),
    (
        "gradle.lockfile",
        "# This is a Gradle generated file\norg.a:b:1.0=compileClasspath,runtimeClasspath\n\
         junit:junit:4.13=testCompileClasspath,testRuntimeClasspath\nempty=annotationProcessor\n",
        &["pkg:maven/org.a/b@1.0"],
    ),
    (
        "go.mod",
        "module example.org/app\n\ngo 1.21\n\nrequire golang.org/x/net v0.1.0\n\nrequire (\n\t\
         example.org/a v1.0.0 // indirect\n\t\"example.org/b\" v1.0.0\n\texample.org/c v1.0.0\n)\n\
         \n\
         replace example.org/a => example.org/fork v1.0.1\n\nreplace (\n\t\
         example.org/b => ../b\n\texample.org/c v2.0.0 => example.org/d v1.0.0\n)\n",
        &[
            "pkg:golang/example.org/c@v1.0.0",
            "pkg:golang/example.org/fork@v1.0.1",
            "pkg:golang/golang.org/x/net@v0.1.0",
        ],
    ),
];

#[test]
fn lists_name_what_is_installed() {
    for (path, content, expected) in CASES {
        let (purls, problems) = purls(path, content.as_bytes());
        assert_eq!(problems, [""; 0], "{path}");
        assert_eq!(purls, *expected, "{path}: {content}");
        let windows = content.replace('\n', "\r\n");
        assert_eq!(self::purls(path, windows.as_bytes()).0, *expected, "{path} with \\r\\n");
        damage::each(content.as_bytes(), 1, |bytes| drop(self::purls(path, bytes)));
    }
}

#[test]
fn lists_of_packages_own_developers_are_passed_over() {
    for path in [
        "app/node_modules/a/package-lock.json",
        "app/node_modules/a/yarn.lock",
        "root/go/pkg/mod/example.org/a@v1.0.0/go.mod",
        "usr/local/bundle/gems/rbs-2.1.0/steep/Gemfile.lock",
        "app/rake.gemspec",
        "app/composer/installed.json",
    ] {
        assert_eq!(wanted(path, 0o644), None, "{path}");
    }
}

#[test]
fn what_is_no_list_is_told() {
    for path in ["package-lock.json", "composer.lock", "pnpm-lock.yaml", "Pipfile.lock"] {
        assert_eq!(purls(path, b"no").1.len(), 1, "{path}");
    }
    assert_eq!(purls("Cargo.lock", b"\xff").1.len(), 1);
}

fn purls(path: &str, content: &[u8]) -> (Vec<String>, Vec<String>) {
    let wanted = wanted(path, 0o644).expect(path);
    let (facts, problems) = read(wanted, path, content);
    let packages = facts.iter().filter_map(|fact| match fact {
        Fact::Packages(packages) => Some(packages),
        _ => None,
    });
    let mut purls: Vec<String> = packages.flatten().map(|it| it.purl().to_string()).collect();
    purls.sort();
    (purls, problems)
}
