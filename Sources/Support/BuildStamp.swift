/// What the source does not know by itself. The build of an image writes this file anew: see Dockerfile.
enum BuildStamp {
    static let release = "0.1.0"
    static let commit: String? = nil
}
