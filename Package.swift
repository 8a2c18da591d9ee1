// swift-tools-version: 6.2
import PackageDescription

/// The build flags of every target: the dependency arrows of the design are kept by the compiler
/// (`MemberImportVisibility`, `InternalImportsByDefault`) and by
/// `--explicit-target-dependency-import-check error`, which `scripts/check` passes.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "lockstep",
    products: [
        .executable(name: "lockstep", targets: ["lockstep"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CSQLite", path: "Sources/CLibraries/CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CPostgreSQL", path: "Sources/CLibraries/CPostgreSQL", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CArchive", path: "Sources/CLibraries/CArchive", pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(
            name: "CZstd", path: "Sources/CLibraries/CZstd", pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/CLibraries/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CXXHash", path: "Sources/CLibraries/CXXHash", pkgConfig: "libxxhash",
            providers: [.apt(["libxxhash-dev"])]),

        room("LockstepModel"),
        room("SQLiteAccess", ["CSQLite", "LockstepModel"]),
        room("ConnectorKit", ["LockstepModel", "SQLiteAccess"]),
        room("SQLiteConnector", ["ConnectorKit", "LockstepModel", "SQLiteAccess"]),
        room("PostgreSQLConnector", ["ConnectorKit", "LockstepModel", "CPostgreSQL"]),
        room("LockstepState", ["ConnectorKit", "LockstepModel", "SQLiteAccess"]),
        room("LockstepExpressions", ["LockstepModel"]),
        room(
            "LockstepMapping",
            ["LockstepExpressions", "LockstepModel", .product(name: "Yams", package: "Yams")]),
        room(
            "LockstepSync",
            [
                "ConnectorKit", "LockstepExpressions", "LockstepMapping", "LockstepModel", "LockstepState",
                "SQLiteAccess", .product(name: "Crypto", package: "swift-crypto"),
            ]),
        room(
            "LockstepContinuity",
            [
                "CArchive", "CCurl", "CXXHash", "CZstd", "ConnectorKit", "LockstepExpressions", "LockstepMapping",
                "LockstepModel", "LockstepState", "LockstepSync", "SQLiteAccess",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        .executableTarget(
            name: "lockstep",
            dependencies: [
                "ConnectorKit", "LockstepContinuity", "LockstepExpressions", "LockstepMapping", "LockstepModel",
                "LockstepState", "LockstepSync", "PostgreSQLConnector", "SQLiteAccess", "SQLiteConnector",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        room(
            "LockstepTesting",
            ["ConnectorKit", "LockstepModel"]),
        tests("LockstepModelTests", ["LockstepModel"]),
        tests(
            "ConnectorKitTests", ["ConnectorKit", "LockstepModel", "LockstepTesting"]),
        tests(
            "SQLiteConnectorTests",
            ["ConnectorKit", "LockstepModel", "LockstepTesting", "SQLiteAccess", "SQLiteConnector"]),
        tests(
            "PostgreSQLConnectorTests",
            ["ConnectorKit", "LockstepModel", "LockstepTesting", "PostgreSQLConnector"]),
        tests(
            "LockstepExpressionsTests",
            [
                "CPostgreSQL", "CSQLite", "LockstepExpressions", "LockstepModel", "LockstepTesting", "SQLiteAccess",
            ]),
        tests(
            "LockstepMappingTests",
            [
                "LockstepExpressions", "LockstepMapping", "LockstepModel", "LockstepTesting",
                .product(name: "Yams", package: "Yams"),
            ], exclude: ["Fixtures"]),
        tests("LockstepStateTests", ["LockstepModel", "LockstepState", "LockstepTesting", "SQLiteAccess"]),
        tests(
            "LockstepSyncTests",
            [
                "ConnectorKit", "LockstepMapping", "LockstepModel", "LockstepState", "LockstepSync",
                "LockstepTesting", "PostgreSQLConnector", "SQLiteAccess", "SQLiteConnector",
                .product(name: "Yams", package: "Yams"),
            ]),
        tests(
            "LockstepContinuityTests",
            [
                "ConnectorKit", "LockstepContinuity", "LockstepMapping", "LockstepModel", "LockstepState",
                "LockstepTesting", "PostgreSQLConnector", "SQLiteAccess", "SQLiteConnector",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        tests("LockstepCommandTests", ["LockstepModel", "LockstepTesting", "SQLiteAccess"]),
    ],
    swiftLanguageModes: [.v6]
)
