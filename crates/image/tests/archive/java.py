import io, sys, zipfile

def zipped(files, method=zipfile.ZIP_DEFLATED, wide=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files:
            with archive.open(name, "w", force_zip64=wide) as file:
                file.write(content if isinstance(content, bytes) else content.encode())
    return out.getvalue()

def pom(group, name, version):
    text = f"#Created by Maven\nversion={version}\ngroupId={group}\nartifactId={name}\n"
    return (f"META-INF/maven/{group}/{name}/pom.properties", text)

manifest = lambda text: ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n" + text + "\r\n")
core = zipped([pom("org.apache.logging.log4j", "log4j-core", "2.14.1"), manifest("")])
shaded = zipped([pom("a.b", "own", "1.0"), pom("org.yaml", "snakeyaml", "1.26")], wide=True)
plain = zipped([manifest("Implementation-Vendor-Id: org.plain\r\nBundle-License: MIT\r\n")])
lib = [("BOOT-INF/lib/log4j-core-2.14.1.jar", core), ("BOOT-INF/lib/plain-1.2.jar", plain)]
boot = b"#!/bin/bash\nexec java -jar $0\n" + zipped(lib, zipfile.ZIP_STORED)
copied = zipped([pom("org.yaml", "snakeyaml", "1.26")])
deep = core
for at in range(6):
    deep = zipped([(f"level{at}.jar", deep)])
many = zipped([(f"c/{at}.class", "x") for at in range(70000)])
bomb = zipped([("big.jar", b"\0" * (300 << 20))])
# Much that says it becomes little.
name = "META-INF/maven/a/b/pom.properties"
packed = bytearray(zipped([(name, b"x" * (5 << 20))], zipfile.ZIP_STORED))
at = packed.rindex(b"PK\x01\x02") + 24
packed[at : at + 4] = b"\1\0\0\0"
for name, content in {
    "packed.jar": bytes(packed),
    "log4j-core-2.14.1.jar": core, "own.jar": shaded,
    "app.war": zipped([("WEB-INF/lib/own.jar", shaded)]),
    "boot.jar": boot, "copied-3.0.jar": copied, "deep.jar": deep, "many-1.0.jar": many,
    "bomb.jar": bomb, "nothing.jar": zipped([("a.class", "x")]), "empty-1.0.jar": zipped([]),
    "half.ear": zipped([("a-1.0.jar", core[:50]), ("log4j.jar", core)]),
}.items():
    open(f"{sys.argv[1]}/{name}", "wb").write(content)
