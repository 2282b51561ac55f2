using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>The document says what there is, and nothing else.</summary>
public sealed class OpenApiTests : IAsyncLifetime, IDisposable
{
    private readonly ApiNode _node = new(new JobsOptions(), new ScriptedAttention());

    private JsonElement Document { get; set; }

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync();
        Document = await _node.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json").InTime();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Every_endpoint_is_in_it_and_nothing_else()
    {
        IEnumerable<string> mapped = _node.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true })
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Where(method => method != "HEAD")
                .Select(method => $"{method.ToLowerInvariant()} {endpoint.RoutePattern.RawText}"));

        string[] described = [.. Document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name} {path.Name}"))
                .Order(StringComparer.Ordinal)];

        Assert.Equal(mapped.Order(StringComparer.Ordinal), described);
        Assert.Equal(
            [
                "delete /v1/jobs/{id}", "get /v1/jobs", "get /v1/jobs/{id}", "get /v1/jobs/{id}/events", "get /v1/jobs/{id}/result",
                "post /v1/attention", "post /v1/cluster/nodes/{name}/drain",
                "post /v1/jobs",
            ],
            described);
    }

    [Theory]
    [InlineData("/v1/attention")]
    [InlineData("/v1/jobs")]
    public void Every_option_is_a_parameter_with_its_words(string path)
    {
        JsonElement[] parameters = [.. Operation(path, "post").GetProperty("parameters").EnumerateArray()];

        Assert.Equal(
            OptionCatalog.All.Select(option => option.Name),
            parameters.Where(parameter => parameter.GetProperty("in").GetString() == "query")
                .Select(parameter => parameter.GetProperty("name").GetString()));
        Assert.All(parameters, parameter => Assert.NotEmpty(parameter.GetProperty("description").GetString()!));
        foreach (OptionDescriptor option in OptionCatalog.All.Where(option => option.Words.Count > 0))
        {
            JsonElement parameter = parameters.Single(parameter => parameter.GetProperty("name").GetString() == option.Name);
            Assert.Equal(option.Words,
                parameter.GetProperty("schema").GetProperty("enum").EnumerateArray().Select(word => word.GetString()!));
        }
    }

    [Theory]
    [InlineData("/v1/attention", "post", 200, 400, 408, 413, 415, 422, 429, 500, 501, 503, 507)]
    [InlineData("/v1/jobs", "post", 202, 400, 408, 409, 413, 415, 422, 429, 500, 501, 503, 507)]
    [InlineData("/v1/jobs", "get", 200)]
    [InlineData("/v1/cluster/nodes/{name}/drain", "post", 202, 404, 409, 503)]
    [InlineData("/v1/jobs/{id}", "get", 200, 404, 503)]
    [InlineData("/v1/jobs/{id}", "delete", 204, 404, 503)]
    [InlineData("/v1/jobs/{id}/events", "get", 200, 404, 503)]
    [InlineData("/v1/jobs/{id}/result", "get", 200, 206, 304, 404, 409, 410, 412, 416, 503)]
    public void Every_status_is_a_response(string path, string method, params int[] statuses) =>
        Assert.Equal(
            statuses,
            Operation(path, method).GetProperty("responses").EnumerateObject()
                .Select(response => int.Parse(response.Name, System.Globalization.CultureInfo.InvariantCulture)).Order());

    [Fact]
    public void Every_code_of_a_problem_is_told()
    {
        string text = Document.GetRawText();

        // These are answers to addresses that are in no document, and of the node rather than of its jobs.
        Assert.All(
            ErrorCodes.All.Where(code => ProblemCodes.StatusOf(code) is not null)
                .Except([ErrorCode.NotFound, ErrorCode.MethodNotAllowed, ErrorCode.RequestTooLarge, ErrorCode.NotReady, ErrorCode.NotLive]),
            code => Assert.Contains($"`{code.Name()}`", text.Replace("\\u0060", "`", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Fact]
    public void A_job_is_described_in_the_names_of_the_api()
    {
        JsonElement schemas = Document.GetProperty("components").GetProperty("schemas");

        Assert.Equal(
            ["id", "state", "position", "progress", "created", "report", "error"],
            schemas.GetProperty("Job").GetProperty("properties").EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            ["queued", "running", "succeeded", "failed", "cancelled"],
            schemas.GetProperty("JobState").GetProperty("enum").EnumerateArray().Select(state => state.GetString()));
        Assert.Contains("output_sha256",
            schemas.GetProperty("JobReport").GetProperty("properties").EnumerateObject().Select(member => member.Name));
    }

    private JsonElement Operation(string path, string method) => Document.GetProperty("paths").GetProperty(path).GetProperty(method);
}
