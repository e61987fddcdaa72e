import Braintrust
import Prices
import Support

/// What `loader tag` reads from files of this machine: what is wrong with them can be told before anything is done.
struct TagFiles {
    enum Tags {
        case read(Taxonomy, TaxonomyCounts)
        case braintrust(BraintrustConfiguration, projectID: String)
    }

    let prompt: TaggingPrompt
    let model: String
    /// Has a price for the model.
    let prices: PriceTable
    let tags: Tags

    init(_ configuration: TagConfiguration) throws(Failure) {
        let bytes = try readFile(
            configuration.promptPath, limit: TaggingPrompt.Limits.bytes, what: "prompt", setting: TagSettings.prompt)
        prompt = try TaggingPrompt.file(bytes, source: configuration.promptPath)
        model = configuration.model ?? prompt.model
        prices = try PriceTable(path: configuration.pricePath, setting: TagSettings.prices)
        switch configuration.taxonomy {
        case .file(let path):
            let (taxonomy, counts) = try Taxonomy.file(
                readFile(path, limit: Taxonomy.FileLimits.bytes, what: "taxonomy", setting: TagSettings.taxonomy),
                source: path)
            tags = .read(taxonomy, counts)
        case .braintrust(let braintrust, let projectID): tags = .braintrust(braintrust, projectID: projectID)
        }
        try checkModel(configuration.pricePath)
    }

    private func checkModel(_ pricePath: String) throws(Failure) {
        // The price file has those of the judge, too.
        let isClaude = { (name: String) in name.contains("claude") }
        let hasPrice = prices.cost(of: TokenUsage(), model: model, isBatch: false) != nil
        if isClaude(model), hasPrice { return }
        let known = prices.modelNames.filter(isClaude).joined(separator: ", ")
        throw Failure(
            .usage,
            isClaude(model)
                ? "\(pricePath) has no price for \(model)"
                : "\(printable(model, limit: 100)) is no model of Claude, which alone is asked for tags",
            remedy: isClaude(model) ? "add it, or choose one of \(known)" : "choose one of \(known)")
    }
}
