/// What the words in the names of business fields mean: abbreviations, synonyms, and words that say little.
///
/// Collected from the field names of common business, address and contact schemas (vCard, RFC 6350; ISO 4217 and 3166).
enum Vocabulary {
    /// What a word stands for. Several words on the right where one word says several things.
    static func meaning(of word: String) -> [String] {
        meanings[word] ?? meanings[stem(word)] ?? [stem(word)]
    }

    /// Words that two fields may share without having much to do with each other.
    static func weight(of word: String) -> Double { weights[word] ?? 1 }

    /// Words that run-together names (`creditlimit`) may be made of.
    static let known: Set<String> = {
        var words = Set(meanings.keys.filter { $0.count > 2 })
        for group in synonyms { words.formUnion(group.filter { $0.count > 2 }) }
        words.formUnion(plain)
        return words.union(["id", "no", "on", "at", "by", "is"])
    }()

    /// A light stem: plural and possessive endings only.
    static func stem(_ word: String) -> String {
        guard word.count > 3, word.hasSuffix("s"), !word.hasSuffix("ss"), !word.hasSuffix("us"), !word.hasSuffix("is")
        else { return word }
        if word.hasSuffix("ies"), word.count > 4 { return String(word.dropLast(3)) + "y" }
        let takesES = ["ses", "xes", "zes", "ches", "shes"].contains { word.hasSuffix($0) }
        return String(word.dropLast(takesES ? 2 : 1))
    }

    /// The first word of a group is what the others mean.
    private static let synonyms: [[String]] = [
        ["number", "no", "num", "nr", "nbr", "nummer", "numero"],
        ["id", "identifier", "ident", "uid", "guid", "key", "recid", "rowid"],
        ["code", "cd", "symbol"],
        ["name", "nm", "title", "label", "caption"],
        ["description", "desc", "descr", "memo", "text", "note", "notes", "comment", "comments", "remark", "remarks"],
        ["quantity", "qty", "quant"],
        ["amount", "amt", "sum", "value", "val"],
        ["address", "addr", "adr"],
        ["street", "str", "road", "line", "line1", "strasse"],
        ["street2", "line2"],
        ["street3", "line3"],
        ["date", "dt", "dat", "day"],
        ["time", "tm"],
        ["customer", "cust", "client", "debtor", "account", "acct", "acc"],
        ["vendor", "vend", "supplier", "creditor"],
        ["organization", "organisation", "org", "company", "comp", "firm", "corporation", "enterprise", "business"],
        ["phone", "telephone", "tel", "fon", "phoneno", "telefon"],
        ["mobile", "cell", "cellphone", "mobil", "handy"],
        ["fax", "telefax", "facsimile"],
        ["email", "mail", "emailaddress", "mailaddress"],
        ["postal", "zip", "zipcode", "postalcode", "postcode", "plz"],
        ["city", "town", "locality", "municipality"],
        ["state", "province", "region", "subdivision", "prov", "county", "canton"],
        ["country", "nation", "ctry"],
        ["first", "given", "forename", "firstname", "givenname", "fname"],
        ["last", "surname", "family", "lastname", "familyname", "lname"],
        ["middle", "middlename"],
        ["nick", "nickname"],
        ["full", "fullname", "real", "realname", "display", "displayname"],
        ["language", "lang", "locale", "lng"],
        ["currency", "curr", "cur", "ccy"],
        ["price", "prc", "rate"],
        ["discount", "disc"],
        ["percent", "pct", "percentage", "perc"],
        ["category", "cat", "kind", "type", "typ", "class", "sort"],
        ["group", "grp"],
        ["status", "stat", "statecode"],
        ["hold", "blocked", "block", "lock", "locked", "stopped", "disabled", "inactive"],
        ["active", "enabled", "valid"],
        ["modified", "updated", "changed", "modification", "lastmodified", "mod", "change", "update"],
        ["created", "creation", "inserted", "added", "joined", "registered", "entered"],
        ["user", "usr", "login", "username"],
        ["password", "passwd", "pwd", "pw"],
        ["website", "web", "url", "homepage", "www", "site", "internet"],
        ["birth", "birthday", "birthdate", "dob", "bday"],
        ["gender", "sex"],
        ["product", "item", "article", "material", "prod", "sku"],
        ["unit", "uom"],
        ["invoice", "inv", "bill", "billing"],
        ["delivery", "shipping", "ship", "deliver"],
        ["payment", "pay", "pmt"],
        ["term", "terms"],
        ["tax", "vat"],
        ["limit", "lim", "max", "maximum"],
        ["preferred", "pref", "prefer", "favourite"],
        ["primary", "main", "prim"],
        ["reference", "ref"],
        ["position", "pos", "job", "jobtitle", "role", "profession"],
        ["department", "dept", "dep", "division"],
        ["manager", "mgr", "boss"],
        ["employee", "emp", "worker", "staff", "contact", "person", "contactperson"],
        ["employees", "headcount"],
        ["salutation", "honorific", "prefix"],
        ["latitude", "lat"],
        ["longitude", "lon", "lng"],
        ["sequence", "seq", "sorting"],
        ["balance", "saldo", "bal"],
        ["warehouse", "wh", "whs", "location", "loc", "depot"],
        ["timezone", "tz"],
        ["1", "one"], ["2", "two", "second"], ["3", "three", "third"],
    ]

    private static let plain: Set<String> = [
        "credit", "size", "colour", "color", "iso", "exchange", "sales", "order", "total", "net", "gross", "weight",
        "height", "width", "length", "start", "end", "from", "till", "valid", "since", "last", "first", "party", "area",
        "block", "home", "work", "other", "mandatory", "exempt", "transaction", "numeric", "alpha", "official", "short",
        "long", "preference", "signature", "organization", "organizations", "reply", "failed", "counter", "home",
        "legal", "entity", "owner", "parent", "child", "level", "barcode", "serial", "batch", "lot", "cost", "stock",
        "minimum", "free", "info", "information", "data", "industry", "sector", "segment", "source", "target", "score",
    ]

    private static let meanings: [String: [String]] = {
        var meanings: [String: [String]] = [:]
        for group in synonyms {
            for word in group { meanings[word] = group.first.map { [$0] } ?? [] }
        }
        for (word, meaning) in composed { meanings[word] = meaning }
        return meanings
    }()

    /// Words that stand for several.
    private static let composed: [String: [String]] = [
        "firstname": ["first", "name"], "givenname": ["first", "name"], "fname": ["first", "name"],
        "lastname": ["last", "name"], "surname": ["last", "name"], "familyname": ["last", "name"],
        "lname": ["last", "name"], "forename": ["first", "name"], "middlename": ["middle", "name"],
        "nickname": ["nick", "name"], "fullname": ["full", "name"], "realname": ["full", "name"],
        "displayname": ["full", "name"], "username": ["user", "name"], "jobtitle": ["position"],
        "birthday": ["birth", "date"], "birthdate": ["birth", "date"], "dob": ["birth", "date"],
        "bday": ["birth", "date"], "homepage": ["website"], "phoneno": ["phone"],
    ]

    private static let weights: [String: Double] = [
        "id": 0.4, "number": 0.4, "code": 0.4, "name": 0.6, "date": 0.5, "time": 0.4, "is": 0.1, "has": 0.1, "on": 0.15,
        "at": 0.15, "by": 0.2, "of": 0.1, "the": 0.1, "in": 0.1, "amount": 0.5, "description": 0.7, "iso": 0.3,
        "address": 0.35, "category": 0.6, "full": 0.3, "primary": 0.3, "preferred": 0.3, "1": 0.2, "field": 0.2,
        "status": 0.7, "flag": 0.2, "work": 0.4, "data": 0.2, "transaction": 0.4, "info": 0.4, "information": 0.4,
    ]
}
