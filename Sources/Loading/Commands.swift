package import Support

/// The commands of `loader`, once their settings are read.
package enum Loader {
    package static func load(_ configuration: LoadConfiguration) async -> ExitStatus { .failure }
    package static func status(_ configuration: StatusConfiguration) async -> ExitStatus { .failure }
    package static func verify(_ configuration: VerifyConfiguration) async -> ExitStatus { .failure }
    package static func restore(_ configuration: RestoreConfiguration) async -> ExitStatus { .failure }
}
