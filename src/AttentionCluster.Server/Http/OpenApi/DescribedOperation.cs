using System.Globalization;
using System.Text.Json.Nodes;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Http.Protocol;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace AttentionCluster.Server.Http.OpenApi;

/// <summary>Says of an operation what its code says elsewhere: options, tensors, and problems with their codes.</summary>
internal sealed class DescribedOperation : IOpenApiOperationTransformer
{
    private const string ProblemMediaType = "application/problem+json";

    private static readonly string s_tensors =
        "A safetensors file with q, k and v of F32, F16, BF16 or F64: [batch, heads, rows, width], [heads, rows, width] or [rows, width]. "
        + "Beside them it may have "
        + string.Join(", ", AuxiliaryTensorCatalog.All.Select(tensor => $"{tensor.Name} ({tensor.Description}: {tensor.Axes})")) + ".";

    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken)
    {
        foreach (object metadata in context.Description.ActionDescriptor.EndpointMetadata)
        {
            switch (metadata)
            {
                case TakesTensors takes:
                    AddOptions(operation, takes);
                    break;
                case GivesTensors gives:
                    AddResult(operation, gives);
                    break;
                case Refuses refuses:
                    OpenApiSchema problem = await context
                        .GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellationToken).ConfigureAwait(false);
                    AddProblems(operation, refuses, problem);
                    break;
            }
        }
    }

    private static void AddOptions(OpenApiOperation operation, TakesTensors takes)
    {
        operation.Parameters ??= [];
        foreach (OptionDescriptor option in OptionCatalog.All)
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = option.Name,
                In = ParameterLocation.Query,
                Description = DescriptionOf(option),
                Schema = SchemaOf(option),
            });
        }

        if (takes.HonoursIdempotencyKey)
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = IdempotencyKey.HeaderName,
                In = ParameterLocation.Header,
                Description = "A request that is sent twice with the same key, options and tensors is one job; with the key and anything "
                    + "else, the numbers of a tensor too, it is refused.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = IdempotencyKey.LengthMax },
            });
        }

        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = s_tensors,
            Content = new Dictionary<string, OpenApiMediaType> { [TensorMediaType.Name] = Binary() },
        };
    }

    private static void AddResult(OpenApiOperation operation, GivesTensors gives)
    {
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse
        {
            Description = gives.Description,
            Content = new Dictionary<string, OpenApiMediaType> { [TensorMediaType.Name] = Binary() },
            Headers = gives.Headers.ToDictionary(
                header => header.Name,
                IOpenApiHeader (header) =>
                    new OpenApiHeader { Description = header.Description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } }),
        };
    }

    private static void AddProblems(OpenApiOperation operation, Refuses refuses, OpenApiSchema problem)
    {
        problem.Properties ??= new Dictionary<string, IOpenApiSchema>();
        problem.Properties[Problems.CodeMember] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Stable, for programs." };
        operation.Responses ??= [];
        foreach (IGrouping<int, ErrorCode> codes in refuses.Codes.GroupBy(code => ProblemCodes.StatusOf(code)!.Value))
        {
            operation.Responses[codes.Key.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = $"{ReasonPhrases.GetReasonPhrase(codes.Key)}: {string.Join(", ", codes.Select(code => $"`{code.Name()}`"))}",
                Content = new Dictionary<string, OpenApiMediaType> { [ProblemMediaType] = new OpenApiMediaType { Schema = problem } },
            };
        }
    }

    private static string DescriptionOf(OptionDescriptor option) => string.Join(
        ' ',
        ((string?[])
        [
            $"{option.Description}.",
            option.Range is { } range ? $"It must be {range}." : null,
            option.Default is { } standard ? $"Default: {standard}." : null,
        ]).OfType<string>());

    private static OpenApiSchema SchemaOf(OptionDescriptor option) => new()
    {
        Type = option.Kind switch
        {
            OptionKind.Flag => JsonSchemaType.Boolean,
            OptionKind.Integer => JsonSchemaType.Integer,
            OptionKind.Number => JsonSchemaType.Number,
            _ => JsonSchemaType.String,
        },
        Enum = option.Words.Count == 0 ? null : [.. option.Words.Select(word => (JsonNode)word)],
    };

    private static OpenApiMediaType Binary() => new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
}
