internal import Foundation

/// Makes a tree of JSON values out of anything `Encodable`.
final class NodeEncoder: Encoder {
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    fileprivate var building = Building.nothing

    /// What was encoded so far. Containers inside others are encoders of their own, so that their order does not matter.
    fileprivate enum Building {
        case nothing
        case single(JSONNode)
        case list([Child])
        case fields([(name: String, child: Child)])
    }

    fileprivate enum Child {
        case node(JSONNode)
        case encoder(NodeEncoder)

        func finished() throws -> JSONNode {
            switch self {
            case .node(let node): node
            case .encoder(let encoder): try encoder.finished()
            }
        }
    }

    init(path: [any CodingKey]) { codingPath = path }

    static func node(for value: some Encodable, path: [any CodingKey]) throws -> JSONNode {
        switch value {
        case let data as Data: return .string(data.base64EncodedString())
        case let url as URL: return .string(url.absoluteString)
        case is Decimal: throw refused(path, "a decimal number; encode its text")
        default:
            let encoder = NodeEncoder(path: path)
            try value.encode(to: encoder)
            return try encoder.finished()
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .nothing = building { building = .fields([]) }
        return KeyedEncodingContainer(Keyed(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .nothing = building { building = .list([]) }
        return Unkeyed(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    func finished() throws -> JSONNode {
        switch building {
        case .nothing: throw Self.refused(codingPath, "nothing")
        case .single(let node): return node
        case .list(let children): return .array(try children.map { try $0.finished() })
        case .fields(let fields):
            let members = try fields.map { JSONNode.Member(name: $0.name, value: try $0.child.finished()) }
            guard let object = JSONNode.object(sorting: members) else {
                throw Self.refused(codingPath, "a name twice")
            }
            return object
        }
    }

    fileprivate func append(_ child: Child) {
        guard case .list(var children) = building else { return }
        building = .nothing
        children.append(child)
        building = .list(children)
    }

    fileprivate func set(_ key: any CodingKey, _ child: Child) {
        guard case .fields(var fields) = building else { return }
        building = .nothing
        fields.append((key.stringValue, child))
        building = .fields(fields)
    }

    fileprivate static func refused(_ path: [any CodingKey], _ what: String) -> ContinuityError {
        ContinuityError(
            .configuration, doing: "writing JSON", object: path.isEmpty ? nil : NodeDecoder.text(path),
            message: "JSON cannot hold \(what)", hint: "")
    }

    fileprivate static func node(_ value: Double, path: [any CodingKey]) throws -> JSONNode {
        guard value.isFinite else { throw refused(path, "a number that is not finite") }
        return .number(value)
    }

    fileprivate static func node(_ value: some BinaryInteger) -> JSONNode {
        if let small = Int64(exactly: value), CanonicalJSON.safeIntegers.contains(small) {
            return .number(Double(small))
        }
        return .string(String(value))
    }

    fileprivate static func scalar(_ value: some Encodable, path: [any CodingKey]) throws -> JSONNode {
        switch value {
        case let flag as Bool: .bool(flag)
        case let text as String: .string(text)
        case let number as Double: try node(number, path: path)
        case let number as Float: try node(Double(number), path: path)
        case let number as any BinaryInteger: node(number)
        default: try node(for: value, path: path)
        }
    }
}

extension NodeEncoder {
    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let encoder: NodeEncoder
        var codingPath: [any CodingKey] { encoder.codingPath }

        func encodeNil(forKey key: Key) { encoder.set(key, .node(.null)) }

        func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
            encoder.set(key, .node(try NodeEncoder.scalar(value, path: codingPath + [key])))
        }

        private func child(_ key: any CodingKey) -> NodeEncoder {
            let child = NodeEncoder(path: codingPath + [key])
            encoder.set(key, .encoder(child))
            return child
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { child(key).container(keyedBy: type) }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { child(key).unkeyedContainer() }
        func superEncoder() -> any Encoder { child(NodePlace(stringValue: "super")) }
        func superEncoder(forKey key: Key) -> any Encoder { child(key) }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let encoder: NodeEncoder
        var codingPath: [any CodingKey] { encoder.codingPath }

        var count: Int {
            if case .list(let children) = encoder.building { children.count } else { 0 }
        }

        func encodeNil() { encoder.append(.node(.null)) }

        func encode<T: Encodable>(_ value: T) throws {
            encoder.append(.node(try NodeEncoder.scalar(value, path: codingPath + [NodePlace(intValue: count)])))
        }

        private func child() -> NodeEncoder {
            let child = NodeEncoder(path: codingPath + [NodePlace(intValue: count)])
            encoder.append(.encoder(child))
            return child
        }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            child().container(keyedBy: type)
        }

        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
        func superEncoder() -> any Encoder { child() }
    }

    private struct Single: SingleValueEncodingContainer {
        let encoder: NodeEncoder
        var codingPath: [any CodingKey] { encoder.codingPath }

        func encodeNil() { encoder.building = .single(.null) }

        func encode<T: Encodable>(_ value: T) throws {
            encoder.building = .single(try NodeEncoder.scalar(value, path: codingPath))
        }
    }
}

/// A place in a list, or a name that no type declares.
struct NodePlace: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}
