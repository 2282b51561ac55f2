using System.Text.Json.Serialization.Metadata;
using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Http.OpenApi;

/// <summary>The OpenAPI document: made from the endpoints, so that it can't say what they don't do.</summary>
internal static class ApiDescription
{
    private const string DocumentName = "v1";
    private const string DocumentEnding = "Document";

    internal static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(DocumentName, options =>
    {
        options.CreateSchemaReferenceId = NameOf;

        // HEAD is wherever GET is, and gives the same.
        options.ShouldInclude = operation => operation.HttpMethod != HttpMethods.Head;
        options.AddOperationTransformer<DescribedOperation>();
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "AttentionCluster";
            document.Info.Description =
                "Exact softmax attention over long sequences. Errors are problem details (RFC 9457) with a stable `code`. Any request can "
                    + "be refused with "
                + string.Join(", ", ProblemCodes.OfTheNode.Select(code => $"`{code.Name()}`")) + ".";
            return Task.CompletedTask;
        });
    });

    /// <summary>A job document is a Job to those who read it.</summary>
    private static string? NameOf(JsonTypeInfo type)
    {
        string? name = OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        return name is not null && name.EndsWith(DocumentEnding, StringComparison.Ordinal) ? name[..^DocumentEnding.Length] : name;
    }
}
