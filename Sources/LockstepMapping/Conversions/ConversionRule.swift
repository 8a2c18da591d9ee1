import LockstepModel

/// What carrying values from one field into another takes, known from the two descriptions.
enum ConversionRule: Sendable, Hashable {
    /// The target holds whatever the source does: cells are copied.
    case copied
    /// The same type, but narrower: each value is looked at.
    case checked(warning: String?)
    /// Another type: each value is converted, exactly or not at all.
    case converted(warning: String?)
    /// Values would be lost, or mean something else.
    case refused(hint: String)

    static func between(
        _ source: FieldDescription, _ target: FieldDescription, _ options: ConversionOptions
    ) -> ConversionRule {
        if source.type == target.type { return same(source, target, options) }
        switch (source.type, target.type) {
        case (.bool, .int64), (.int64, .decimal), (.date, .timestamp), (.bool, .text), (.int64, .text),
            (.float64, .text), (.decimal, .text), (.date, .text), (.time, .text), (.timestamp, .text),
            (.instant, .text), (.uuid, .text), (.json, .text), (.int64, .float64), (.float64, .decimal),
            (.decimal, .float64):
            return .converted(warning: nil)
        case (.int64, .bool): return .converted(warning: "records with values other than 0 and 1 are parked")
        case (.decimal, .int64):
            let warns = options.loss == nil && (source.scale ?? 0) > 0
            return .converted(warning: warns ? "records with fractions are parked" : nil)
        case (.float64, .int64):
            return options.loss == nil
                ? .refused(hint: "write `round: true` or `truncate: true`") : .converted(warning: nil)
        case (.timestamp, .date):
            let warns = options.loss != .truncate
            return .converted(warning: warns ? "records with a time of day are parked" : nil)
        case (.timestamp, .instant), (.instant, .timestamp), (.date, .instant): return zoned(options)
        case (.instant, .date):
            guard options.zone != nil, options.loss != .truncate else { return zoned(options) }
            return .converted(warning: "records with a time of day are parked")
        case (.text, .bool), (.text, .int64), (.text, .float64), (.text, .decimal), (.text, .date), (.text, .time),
            (.text, .timestamp), (.text, .instant), (.text, .uuid), (.text, .json):
            return .converted(warning: "records whose text does not read as \(target.type.name) are parked")
        default:
            return .refused(hint: "map the values one by one with `values`, or compute them with `from`")
        }
    }

    private static func zoned(_ options: ConversionOptions) -> ConversionRule {
        options.zone != nil
            ? .converted(warning: nil)
            : .refused(hint: "write `zone: UTC`, or the zone that the times without zone are in")
    }

    private static func same(
        _ source: FieldDescription, _ target: FieldDescription, _ options: ConversionOptions
    ) -> ConversionRule {
        switch source.type {
        case .bool, .bytes, .date, .time, .timestamp, .instant, .uuid, .json: return .copied
        case .int64: return integers(source, target)
        case .float64: return floats(source, target, options)
        case .decimal: return decimals(source, target, options)
        case .text: return texts(source, target, options)
        }
    }

    private static func integers(_ source: FieldDescription, _ target: FieldDescription) -> ConversionRule {
        let (sourceBits, targetBits) = (source.integerBits ?? 64, target.integerBits ?? 64)
        if targetBits >= sourceBits { return .copied }
        return .checked(warning: source.integerBits == nil ? nil : "records with larger numbers are parked")
    }

    private static func floats(
        _ source: FieldDescription, _ target: FieldDescription, _ options: ConversionOptions
    ) -> ConversionRule {
        if options.digits != nil { return .checked(warning: nil) }
        let narrows = (target.floatBits ?? 64) < (source.floatBits ?? 64)
        if !narrows && (target.holdsNaN || !source.holdsNaN) { return .copied }
        let warns = narrows && source.floatBits != nil && options.loss == nil
        return .checked(warning: warns ? "records with more digits are parked" : nil)
    }

    private static func decimals(
        _ source: FieldDescription, _ target: FieldDescription, _ options: ConversionOptions
    ) -> ConversionRule {
        if options.digits == nil && target.precision == nil && target.scale == nil && target.exactDigits == nil
            && (target.holdsNaN || !source.holdsNaN)
        {
            return .copied
        }
        if options.digits == nil, let precision = source.precision, target.holdsNaN || !source.holdsNaN {
            let scale = source.scale ?? 0
            let fitsScale = target.scale.map { scale <= $0 } ?? true
            let fitsWhole = target.precision.map { precision - scale <= $0 - (target.scale ?? scale) } ?? true
            let fitsDigits = target.exactDigits.map { precision <= $0 } ?? true
            if fitsScale && fitsWhole && fitsDigits && source.scale != nil { return .copied }
            let warns = options.loss == nil || !fitsWhole
            return .checked(warning: warns ? "records with more digits are parked" : nil)
        }
        return .checked(warning: nil)
    }

    private static func texts(
        _ source: FieldDescription, _ target: FieldDescription, _ options: ConversionOptions
    ) -> ConversionRule {
        let fitsLabels: Bool
        switch (source.labels, target.labels) {
        case (_, nil): fitsLabels = true
        case (nil, .some): fitsLabels = false
        case (.some(let given), .some(let known)): fitsLabels = Set(given).isSubset(of: known)
        }
        let fitsLength = target.maximumLength.map { limit in (source.maximumLength ?? .max) <= limit } ?? true
        let fitsZero = target.holdsZeroCharacter || !source.holdsZeroCharacter
        if fitsLabels && fitsLength && fitsZero { return .copied }
        if !fitsLabels && source.labels != nil { return .checked(warning: "records with other labels are parked") }
        let warns = !fitsLength && source.maximumLength != nil && options.loss != .truncate
        return .checked(warning: warns ? "records with longer texts are parked" : nil)
    }
}
