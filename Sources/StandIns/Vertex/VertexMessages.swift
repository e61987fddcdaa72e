/// Messages and their members with what they hold, enumerations and their words; from the discovery document of aiplatform
/// v1, revision 20261106. `[` is a list of what follows, `{` a map to it, `=` an enumeration; `-` is set by the service
/// only, `!` is what the stand-in does not serve.
let vertexMessages = """
    BatchPredictionJob
     completionStats:- createTime:- dedicatedResources:! disableContainerLogging:bool displayName:string
     encryptionSpec:! endTime:- error:- explanationSpec:! generateExplanation:bool inputConfig:InputConfig
     instanceConfig:! labels:{string manualBatchTuningParameters:! model:string modelParameters:! modelVersionId:-
     name:- outputConfig:OutputConfig outputInfo:- partialFailures:- resourcesConsumed:- satisfiesPzi:-
     satisfiesPzs:- serviceAccount:string startTime:- state:- unmanagedContainerModel:! updateTime:-
    InputConfig
     bigquerySource:! gcsSource:GcsSource instancesFormat:string vertexMultimodalDatasetSource:!
    OutputConfig
     bigqueryDestination:! gcsDestination:GcsDestination predictionsFormat:string
     vertexMultimodalDatasetDestination:!
    GcsSource
     uris:[string
    GcsDestination
     outputUriPrefix:string
    GenerateContentRequest
     cachedContent:! contents:[Content continuationToken:! generationConfig:GenerationConfig labels:{string
     modelArmorConfig:! outputConfig:! safetySettings:[SafetySetting systemInstruction:Content toolConfig:! tools:!
    Content
     parts:[Part role:string
    Part
     audioTranscription:! codeExecutionResult:! executableCode:! fileData:! functionCall:! functionResponse:!
     inlineData:! mediaResolution:! speechMetadata:! text:string thought:bool thoughtSignature:string videoMetadata:!
    GenerationConfig
     audioTimestamp:! audioTranscriptionConfig:! candidateCount:int enableAffectiveDialog:!
     frequencyPenalty:number imageConfig:! logprobs:int maxOutputTokens:int mediaResolution:! presencePenalty:number
     responseFormat:[ResponseFormat responseJsonSchema:any responseLogprobs:bool responseMimeType:string
     responseModalities:[=Modality responseSchema:Schema routingConfig:! seed:int speechConfig:!
     stopSequences:[string temperature:number thinkingConfig:ThinkingConfig topK:number topP:number
     translationConfig:!
    ResponseFormat
     audio:! image:! text:TextResponseFormat video:!
    TextResponseFormat
     mimeType:=TextFormat schema:any
    ThinkingConfig
     includeThoughts:bool thinkingBudget:int thinkingLevel:=ThinkingLevel
    Schema
     additionalProperties:any anyOf:[Schema default:any defs:{Schema description:string enum:[string example:any
     format:string items:Schema maxItems:long maxLength:long maxProperties:long maximum:number minItems:long
     minLength:long minProperties:long minimum:number nullable:bool pattern:string properties:{Schema
     propertyOrdering:[string ref:string required:[string title:string type:=Type
    SafetySetting
     category:=HarmCategory method:=HarmBlockMethod threshold:=HarmBlockThreshold
    Modality
     MODALITY_UNSPECIFIED TEXT IMAGE AUDIO VIDEO
    TextFormat
     MIME_TYPE_UNSPECIFIED APPLICATION_JSON TEXT_PLAIN
    ThinkingLevel
     THINKING_LEVEL_UNSPECIFIED LOW MEDIUM HIGH MINIMAL
    Type
     TYPE_UNSPECIFIED STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL
    HarmCategory
     HARM_CATEGORY_UNSPECIFIED HARM_CATEGORY_HATE_SPEECH HARM_CATEGORY_DANGEROUS_CONTENT HARM_CATEGORY_HARASSMENT
     HARM_CATEGORY_SEXUALLY_EXPLICIT HARM_CATEGORY_CIVIC_INTEGRITY HARM_CATEGORY_IMAGE_HATE
     HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT HARM_CATEGORY_IMAGE_HARASSMENT HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT
     HARM_CATEGORY_JAILBREAK
    HarmBlockMethod
     HARM_BLOCK_METHOD_UNSPECIFIED SEVERITY PROBABILITY
    HarmBlockThreshold
     HARM_BLOCK_THRESHOLD_UNSPECIFIED BLOCK_LOW_AND_ABOVE BLOCK_MEDIUM_AND_ABOVE BLOCK_ONLY_HIGH BLOCK_NONE OFF
    """
