// swift-tools-version: 6.2
import PackageDescription

// The floors of the product. A target may import only from floors below its own; the check at the end of this file
// stops the build otherwise, and `--explicit-target-dependency-import-check error` (see Makefile) holds the sources
// to what is declared here.

/// The settings that every Swift target is compiled with.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .treatAllWarnings(as: .error),
]

/// Packages that a target names, by the product's name.
let products: [String: Target.Dependency] = [
    "ArgumentParser": .product(name: "ArgumentParser", package: "swift-argument-parser"),
    "Crypto": .product(name: "Crypto", package: "swift-crypto"),
    "CryptoExtras": .product(name: "CryptoExtras", package: "swift-crypto"),
    "HTTPTypes": .product(name: "HTTPTypes", package: "swift-http-types"),
    "HummingbirdCore": .product(name: "HummingbirdCore", package: "hummingbird"),
    "Logging": .product(name: "Logging", package: "swift-log"),
    "NIOCore": .product(name: "NIOCore", package: "swift-nio"),
    "NIOPosix": .product(name: "NIOPosix", package: "swift-nio"),
]

enum Kind { case system(pkgConfig: String, apt: String), library, executable }

struct Room {
    let name: String
    let kind: Kind
    let uses: [String]

    init(_ name: String, _ kind: Kind = .library, uses: [String] = []) {
        (self.name, self.kind, self.uses) = (name, kind, uses)
    }
}

let floors: [[Room]] = [
    [  // 1: C libraries. A module map and a shim header, nothing else.
        Room("CLibrdkafka", .system(pkgConfig: "rdkafka", apt: "librdkafka-dev")),
        Room("CLibcurl", .system(pkgConfig: "libcurl", apt: "libcurl4-openssl-dev")),
        Room("CZlib", .system(pkgConfig: "zlib", apt: "zlib1g-dev")),
        Room("CISAL", .system(pkgConfig: "libisal", apt: "libisal-dev")),
        Room("CLibyaml", .system(pkgConfig: "yaml-0.1", apt: "libyaml-dev")),
    ],
    [  // 2: what everything stands on.
        Room("Support", uses: ["Logging"]),
        Room("Bytes", uses: ["CISAL"]),
    ],
    [  // 3: one C library each, behind Swift types.
        Room("Gzip", uses: ["CZlib", "CISAL", "Bytes", "Support"]),
        Room("Kafka", uses: ["CLibrdkafka", "Bytes", "Support"]),
        Room("HTTP", uses: ["CLibcurl", "Bytes", "Support"]),
        Room("YAML", uses: ["CLibyaml", "Support"]),
    ],
    [  // 4: clients of services.
        Room("GoogleAuth", uses: ["HTTP", "Support", "Crypto", "CryptoExtras"]),
        Room("ObjectStorage", uses: ["HTTP", "Bytes", "Support"]),
        Room("Anthropic", uses: ["HTTP", "Bytes", "Support"]),
        Room("Braintrust", uses: ["HTTP", "Bytes", "Support"]),
        Room("VertexAI", uses: ["HTTP", "Bytes", "Support"]),
        Room("Prices", uses: ["Support"]),
    ],
    [  // 5: the data contract, and what is read by it. Pure.
        Room("Interactions", uses: ["Bytes", "Support"]),
        Room("Prompts", uses: ["YAML", "Bytes", "Support", "Crypto"]),
        Room("Records", uses: ["Bytes", "Crypto"]),
    ],
    [  // 6: what every job shares.
        Room(
            "JobSupport",
            uses: [
                "Interactions", "Records", "GoogleAuth", "ObjectStorage", "HTTP", "Gzip", "Bytes", "Support", "Logging",
            ])
    ],
    [  // 7: jobs.
        // How commands whose settings a library reads are run.
        Room("SettingsCommands", uses: ["JobSupport", "Support", "ArgumentParser"]),
        Room(
            "Loading",
            uses: [
                "Interactions", "JobSupport", "ObjectStorage", "Kafka", "GoogleAuth", "HTTP", "Gzip", "Bytes",
                "Support",
                "Logging",
            ]),
        Room(
            "Tagging",
            uses: [
                "Anthropic", "Braintrust", "Interactions", "Prompts", "JobSupport", "ObjectStorage", "Prices",
                "Records", "Gzip", "HTTP", "Bytes", "YAML", "Support", "Logging", "Crypto",
            ]),
        Room(
            "Judging",
            uses: [
                "Interactions", "Prompts", "JobSupport", "ObjectStorage", "Prices", "Records", "VertexAI", "GoogleAuth",
                "Gzip", "HTTP", "YAML", "Bytes", "Support", "Logging", "Crypto",
            ]),
        Room(
            "DatasetPush",
            uses: [
                "Braintrust", "Interactions", "Records", "JobSupport", "ObjectStorage", "Gzip", "HTTP", "Bytes",
                "Support", "Logging", "Crypto",
            ]),
        Room(
            "LogBackup",
            uses: [
                "Braintrust", "Interactions", "JobSupport", "ObjectStorage", "Gzip", "HTTP", "Bytes", "Support",
                "Logging",
            ]),
        // Local servers for development and tests; only devcloud and tests may use them.
        Room(
            "StandIns",
            uses: [
                "ObjectStorage", "HTTP", "Bytes", "Support", "HummingbirdCore", "HTTPTypes", "NIOCore", "NIOPosix",
                "Logging",
            ]),
    ],
    [  // 8: jobs that join others.
        Room(
            "LogTagging",
            uses: [
                "Tagging", "DatasetPush", "LogBackup", "Braintrust", "Interactions", "Records", "JobSupport",
                "ObjectStorage", "Gzip", "HTTP", "Bytes", "Support", "Logging",
            ])
    ],
    [  // 9: executables. Options only; the work is in the libraries.
        Room("loader", .executable, uses: ["Loading", "Tagging", "SettingsCommands", "Support", "ArgumentParser"]),
        Room(
            "batch-judge", .executable,
            uses: [
                "Judging", "DatasetPush", "LogBackup", "LogTagging", "SettingsCommands", "JobSupport", "Support",
                "ArgumentParser",
            ]),
        Room("devcloud", .executable, uses: ["StandIns", "Kafka", "Support", "ArgumentParser"]),
    ],
]

let testRooms: [(name: String, uses: [String])] = [
    ("SupportTests", ["Support", "Logging"]),
    ("BytesTests", ["Bytes", "TestSupport"]),
    ("GzipTests", ["Gzip", "Bytes", "Support", "CZlib"]),
    ("KafkaTests", ["Kafka", "Bytes", "Support", "TestSupport"]),
    ("HTTPTests", ["HTTP", "Bytes", "Support", "TestSupport"]),
    ("GoogleAuthTests", ["GoogleAuth", "HTTP", "Support", "TestSupport", "Crypto", "CryptoExtras"]),
    ("ObjectStorageTests", ["ObjectStorage", "HTTP", "Bytes", "Support", "TestSupport"]),
    ("AnthropicTests", ["Anthropic", "HTTP", "Bytes", "Support", "TestSupport"]),
    ("BraintrustTests", ["Braintrust", "HTTP", "Bytes", "Support", "TestSupport"]),
    ("VertexAITests", ["VertexAI", "HTTP", "Bytes", "Support", "TestSupport"]),
    ("PricesTests", ["Prices", "Support", "TestSupport"]),
    ("StandInsTests", ["StandIns", "Support", "TestSupport"]),
    ("InteractionsTests", ["Interactions", "Bytes", "Support", "TestSupport"]),
    ("PromptsTests", ["Prompts", "YAML", "Bytes", "Support"]),
    ("RecordsTests", ["Records", "Bytes", "TestSupport"]),
    (
        "JobSupportTests",
        ["JobSupport", "Interactions", "ObjectStorage", "Gzip", "Bytes", "Support", "Logging", "TestSupport"]
    ),
    (
        "LoadingTests",
        [
            "Loading", "Interactions", "JobSupport", "ObjectStorage", "Kafka", "Gzip", "Bytes", "Support", "Logging",
            "TestSupport",
        ]
    ),
    ("LogBackupTests", ["LogBackup", "JobSupport", "ObjectStorage", "Gzip", "Bytes", "Support", "TestSupport"]),
    (
        "JudgingTests",
        [
            "Judging", "Prompts", "Interactions", "JobSupport", "ObjectStorage", "Prices", "Records", "VertexAI",
            "YAML",
            "Gzip", "HTTP", "Logging", "Bytes", "Support", "TestSupport",
        ]
    ),
    (
        "DatasetPushTests",
        [
            "DatasetPush", "Braintrust", "HTTP", "Interactions", "JobSupport", "ObjectStorage", "Gzip", "Logging",
            "Bytes", "Support", "TestSupport",
        ]
    ),
    (
        "DocumentTests",
        ["Judging", "Loading", "Tagging", "DatasetPush", "LogBackup", "LogTagging", "Support"]
    ),
    ("LogTaggingTests", ["LogTagging", "LogBackup", "Bytes", "Support"]),
    (
        "TaggingTests",
        [
            "Tagging", "Anthropic", "HTTP", "Interactions", "JobSupport", "ObjectStorage", "Prices", "Records", "Gzip",
            "Logging", "Bytes", "Support", "TestSupport",
        ]
    ),
]

/// Files that become part of the program.
let resources: [String: [Resource]] = [
    "Judging": ["report.css", "report.html", "parts.js", "findings.js", "report.js"].map {
        .embedInCode("Report/\($0)")
    }
]

/// Data of tests, read from the source folder.
let testData = ["TaggingTests": ["injections.json"]]

// MARK: - From here on nothing needs to be edited to add a target.

var floorOf: [String: Int] = [:]
for (index, rooms) in floors.enumerated() { for room in rooms { floorOf[room.name] = index + 1 } }

for rooms in floors {
    for room in rooms {
        for used in room.uses {
            if let floor = floorOf[used] {
                if floor >= floorOf[room.name]! {
                    fatalError("\(room.name) (floor \(floorOf[room.name]!)) must not import \(used) (floor \(floor))")
                }
            } else if products[used] == nil {
                fatalError("\(room.name) uses \(used), which is neither a target nor a known product")
            }
        }
    }
}

func dependencies(_ names: [String]) -> [Target.Dependency] {
    names.map { products[$0] ?? .target(name: $0) }
}

func target(_ room: Room) -> Target {
    switch room.kind {
    case .system(let pkgConfig, let apt):
        .systemLibrary(name: room.name, pkgConfig: pkgConfig, providers: [.apt([apt])])
    case .library:
        .target(
            name: room.name, dependencies: dependencies(room.uses), resources: resources[room.name] ?? [],
            swiftSettings: settings)
    case .executable:
        .executableTarget(name: room.name, dependencies: dependencies(room.uses), swiftSettings: settings)
    }
}

let package = Package(
    name: "stream-worker",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: floors.joined().map(target)
        + [
            .target(
                name: "TestSupport", dependencies: dependencies(["ObjectStorage", "Gzip", "HTTP", "Bytes", "Support"]),
                path: "Tests/TestSupport", swiftSettings: settings)
        ]
        + testRooms.map {
            .testTarget(
                name: $0.name, dependencies: dependencies($0.uses), exclude: testData[$0.name] ?? [],
                swiftSettings: settings)
        }
)
