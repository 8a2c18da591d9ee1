@main struct Lockstep { static func main() {} }
