import LockstepModel

/// The types of OData that values can be made of (CSDL 4.01, section 3.3), as `cast` and `isof` name them.
enum CastTarget: String, Sendable, Hashable, CaseIterable {
    case text = "Edm.String"
    case int64 = "Edm.Int64"
    case int32 = "Edm.Int32"
    case int16 = "Edm.Int16"
    case signedByte = "Edm.SByte"
    case byte = "Edm.Byte"
    case decimal = "Edm.Decimal"
    case double = "Edm.Double"
    case single = "Edm.Single"
    case bool = "Edm.Boolean"
    case date = "Edm.Date"
    case time = "Edm.TimeOfDay"
    case instant = "Edm.DateTimeOffset"
    case duration = "Edm.Duration"
    case uuid = "Edm.Guid"

    /// Types that exist and that nothing can be cast to here, and why.
    static let refused = [
        "edm.binary": "bytes are only handed on", "edm.stream": "bytes are only handed on",
    ]

    /// In any case, as all names of types.
    init?(name: String) {
        let wanted = name.lowercased()
        guard let target = Self.allCases.first(where: { $0.rawValue.lowercased() == wanted }) else { return nil }
        self = target
    }

    /// What a cast to it yields.
    var type: StaticType {
        switch self {
        case .text: .value(.text)
        case .int64, .int32, .int16, .signedByte, .byte: .value(.int64)
        case .decimal: .value(.decimal)
        case .double, .single: .value(.float64)
        case .bool: .value(.bool)
        case .date: .value(.date)
        case .time: .value(.time)
        case .instant: .value(.instant)
        case .duration: .duration
        case .uuid: .value(.uuid)
        }
    }

    /// The integers that it holds; nil for other types.
    var integers: ClosedRange<Int64>? {
        switch self {
        case .int64: Int64.min...Int64.max
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .int16: Int64(Int16.min)...Int64(Int16.max)
        case .signedByte: -128...127
        case .byte: 0...255
        case .text, .decimal, .double, .single, .bool, .date, .time, .instant, .duration, .uuid: nil
        }
    }

    /// Whether it holds every value of its ``type``.
    var isWhole: Bool {
        switch self {
        case .int32, .int16, .signedByte, .byte, .single: false
        case .text, .int64, .decimal, .double, .bool, .date, .time, .instant, .duration, .uuid: true
        }
    }
}
