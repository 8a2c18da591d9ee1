import LockstepModel

/// Whether arithmetic stays inside what PostgreSQL computes exactly and without failing.
enum NumberBounds {
    /// The values that an integer expression can have; nil where a result could leave 64 bits.
    static func range(_ node: TypedNode) -> ClosedRange<Int64>? {
        switch node {
        case .constant(.int64(let value), _): return value...value
        case .field(let field) where field.description.type == .int64:
            switch field.description.integerBits {
            case 16: return Int64(Int16.min)...Int64(Int16.max)
            case 32: return Int64(Int32.min)...Int64(Int32.max)
            default: return Int64.min...Int64.max
            }
        // Texts are shorter than 2^30 characters; years of PostgreSQL's dates stay below 6 million.
        case .call(_, _, .int64): return -(1 << 30)...(1 << 30)
        case .negate(let operand, .int64):
            guard let inner = range(operand), inner.lowerBound != .min else { return nil }
            return -inner.upperBound ... -inner.lowerBound
        case .arithmetic(let operation, let left, let right, .int64):
            guard let left = range(left), let right = range(right) else { return nil }
            return range(operation, left, right)
        default: return nil
        }
    }

    private static func range(
        _ operation: Arithmetic, _ left: ClosedRange<Int64>, _ right: ClosedRange<Int64>
    ) -> ClosedRange<Int64>? {
        switch operation {
        case .add:
            let low = left.lowerBound.addingReportingOverflow(right.lowerBound)
            let high = left.upperBound.addingReportingOverflow(right.upperBound)
            return low.overflow || high.overflow ? nil : low.partialValue...high.partialValue
        case .sub:
            let low = left.lowerBound.subtractingReportingOverflow(right.upperBound)
            let high = left.upperBound.subtractingReportingOverflow(right.lowerBound)
            return low.overflow || high.overflow ? nil : low.partialValue...high.partialValue
        case .mul:
            var products: [Int64] = []
            for factor in [left.lowerBound, left.upperBound] {
                for other in [right.lowerBound, right.upperBound] {
                    let (product, overflow) = factor.multipliedReportingOverflow(by: other)
                    if overflow { return nil }
                    products.append(product)
                }
            }
            guard let low = products.min(), let high = products.max() else { return nil }
            return low...high
        case .div, .mod:
            // Never by zero, and never the smallest integer by -1.
            guard right.lowerBound > 0 || right.upperBound < -1 else { return nil }
            let largest = max(left.lowerBound.magnitude, left.upperBound.magnitude)
            guard let bound = Int64(exactly: largest) else { return Int64.min...Int64.max }
            return -bound...bound
        }
    }

    /// Whether a negation or an operation can be left to PostgreSQL.
    static func isSafe(_ node: TypedNode) -> Bool {
        switch node.type {
        case .value(.int64): range(node) != nil
        case .value(.decimal): isBounded(node)
        case .null, .duration, .value: false
        }
    }

    private static func isNotZero(_ node: TypedNode) -> Bool {
        if case .decimal(let number) = node.constant { number.isUsualDivisor } else { false }
    }

    /// Whether a decimal comes from fields of declared precision by few operations: then `numeric` holds it exactly.
    static func isBounded(_ node: TypedNode) -> Bool {
        switch node {
        case .constant(.decimal(let number), _): number.parts.digits.count + abs(number.parts.exponent) < 200
        case .constant: false
        case .field(let field):
            field.description.type == .int64 || (field.description.precision.map { $0 <= 100 } ?? false)
        case .widen(let operand, .decimal): range(operand) != nil
        case .negate(let operand, .decimal): isBounded(operand)
        case .arithmetic(let operation, let left, let right, .decimal):
            operation != .div && isBounded(left) && isBounded(right) && (operation != .mod || isNotZero(right))
        case .call(.round, let arguments, .decimal), .call(.floor, let arguments, .decimal),
            .call(.ceiling, let arguments, .decimal):
            arguments.allSatisfy(isBounded)
        default: false
        }
    }
}
