internal import Foundation

/// Makes anything `Decodable` out of a tree of JSON values.
struct NodeDecoder: Decoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]

    static func decode<T: Decodable>(_ type: T.Type, from node: JSONNode, path: [any CodingKey]) throws -> T {
        // Unwrapped before the cast: nothing at all would pass for an optional value that is nil.
        if let special = try special(type, from: node, path: path), let value = special as? T { return value }
        do {
            return try T(from: NodeDecoder(node: node, codingPath: path))
        } catch let error as DecodingError {
            // Only types that check their own raw values throw these; their texts may hold values and are not shown.
            throw unfit(error.path ?? path, "is nothing that it can be")
        }
    }

    /// Types whose own coding is not what JSON uses for them.
    private static func special<T>(_ type: T.Type, from node: JSONNode, path: [any CodingKey]) throws -> Any? {
        guard type == Data.self || type == URL.self else { return nil }
        guard case .string(let text) = node else { throw mismatch(node, path, "text") }
        let value: Any? = type == Data.self ? Data(base64Encoded: text) : URL(string: text)
        guard let value else { throw unfit(path, "is no \(type == Data.self ? "base64" : "address")") }
        return value
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = node else { throw Self.mismatch(node, codingPath, "an object") }
        return KeyedDecodingContainer(Keyed(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = node else { throw Self.mismatch(node, codingPath, "a list") }
        return Unkeyed(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(node: node, codingPath: codingPath) }

    // MARK: Errors

    /// `parts[3].object.size`.
    static func text(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue, key is NodePlace {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    static func unfit(_ path: [any CodingKey], _ what: String) -> ContinuityError {
        CanonicalJSON.damaged(path.isEmpty ? "the whole \(what)" : "the field \(text(path)) \(what)")
    }

    static func mismatch(_ node: JSONNode, _ path: [any CodingKey], _ wanted: String) -> ContinuityError {
        unfit(path, "is \(node.kind) and should be \(wanted)")
    }

    // MARK: Values

    static func integer<T: FixedWidthInteger>(_ type: T.Type, _ node: JSONNode, _ path: [any CodingKey]) throws -> T {
        switch node {
        case .number(let number):
            let safe = CanonicalJSON.safeIntegers
            guard let whole = Int64(exactly: number), safe.contains(whole), let value = T(exactly: whole) else {
                throw unfit(path, "is no whole number that fits")
            }
            return value
        case .string(let text):
            // The one spelling that the writer has for it, and only where it is no JSON number.
            guard let value = T(text), String(value) == text,
                Int64(exactly: value).map(CanonicalJSON.safeIntegers.contains) != true
            else { throw unfit(path, "is text and should be a number") }
            return value
        case .null, .bool, .array, .object: throw mismatch(node, path, "a number")
        }
    }

    static func scalar<T: Decodable>(_ type: T.Type, _ node: JSONNode, _ path: [any CodingKey]) throws -> T {
        let value: Any
        switch type {
        case is Bool.Type:
            guard case .bool(let flag) = node else { throw mismatch(node, path, "true or false") }
            value = flag
        case is String.Type:
            guard case .string(let text) = node else { throw mismatch(node, path, "text") }
            value = text
        case is Double.Type, is Float.Type:
            guard case .number(let number) = node else { throw mismatch(node, path, "a number") }
            value = type == Float.self ? Float(number) : number
        case let integers as any (FixedWidthInteger & Decodable).Type:
            value = try integer(integers, node, path)
        default: return try decode(type, from: node, path: path)
        }
        guard let result = value as? T else { throw unfit(path, "is of an unknown kind") }
        return result
    }
}

extension NodeDecoder {
    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let members: [JSONNode.Member]
        let codingPath: [any CodingKey]

        var allKeys: [Key] { members.compactMap { Key(stringValue: $0.name) } }

        private func find(_ key: any CodingKey) -> JSONNode? {
            members.first { $0.name.utf8.elementsEqual(key.stringValue.utf8) }?.value
        }

        private func node(_ key: any CodingKey) throws -> JSONNode {
            guard let node = find(key) else { throw NodeDecoder.unfit(codingPath + [key], "is missing") }
            return node
        }

        func contains(_ key: Key) -> Bool { find(key) != nil }

        func decodeNil(forKey key: Key) throws -> Bool {
            if case .null = try node(key) { true } else { false }
        }

        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            try NodeDecoder.scalar(type, try node(key), codingPath + [key])
        }

        private func child(_ key: any CodingKey) throws -> NodeDecoder {
            NodeDecoder(node: try node(key), codingPath: codingPath + [key])
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { try child(key).container(keyedBy: type) }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try child(key).unkeyedContainer()
        }

        func superDecoder() throws -> any Decoder { try child(NodePlace(stringValue: "super")) }
        func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let elements: [JSONNode]
        let codingPath: [any CodingKey]
        var currentIndex = 0

        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex >= elements.count }

        private func peek() throws -> NodeDecoder {
            let path = codingPath + [NodePlace(intValue: currentIndex)]
            guard !isAtEnd else { throw NodeDecoder.unfit(path, "is missing") }
            return NodeDecoder(node: elements[currentIndex], codingPath: path)
        }

        private mutating func take() throws -> NodeDecoder {
            let element = try peek()
            currentIndex += 1
            return element
        }

        mutating func decodeNil() throws -> Bool {
            guard case .null = try peek().node else { return false }
            currentIndex += 1
            return true
        }

        mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
            let element = try take()
            return try NodeDecoder.scalar(type, element.node, element.codingPath)
        }

        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> { try take().container(keyedBy: type) }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try take().unkeyedContainer()
        }

        mutating func superDecoder() throws -> any Decoder { try take() }
    }

    private struct Single: SingleValueDecodingContainer {
        let node: JSONNode
        let codingPath: [any CodingKey]

        func decodeNil() -> Bool {
            if case .null = node { true } else { false }
        }

        func decode<T: Decodable>(_ type: T.Type) throws -> T { try NodeDecoder.scalar(type, node, codingPath) }
    }
}

extension DecodingError {
    fileprivate var path: [any CodingKey]? {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            context.codingPath
        @unknown default: nil
        }
    }
}
