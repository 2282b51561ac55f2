using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace AttentionCluster.Server.Tests.Running;

/// <summary>What tests ask of the API again and again.</summary>
internal static class ApiCalls
{
    /// <summary>Sends a job that must be accepted.</summary>
    /// <returns>Its id.</returns>
    internal static async Task<string> SubmitAsync(this HttpClient client, JobBody body, string query = "")
    {
        using HttpContent content = body.Content();
        using HttpResponseMessage answer = await client.PostAsync($"/v1/jobs{query}", content).InTime();
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        JsonElement json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        string id = json.GetProperty("id").GetString()!;
        Assert.Equal($"/v1/jobs/{id}", answer.Headers.Location!.OriginalString);
        return id;
    }

    /// <summary>Sends a job as soon as the queue has a place.</summary>
    /// <returns>Its id.</returns>
    internal static async Task<string> SubmitWhenThereIsRoomAsync(this ApiNode node, JobBody body)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            using HttpContent content = body.Content();
            using HttpResponseMessage answer = await node.Client.PostAsync("/v1/jobs", content).InTime();
            if (answer.StatusCode == HttpStatusCode.Accepted)
                return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
            await answer.AssertProblemAsync(HttpStatusCode.TooManyRequests, "queue-full");
        }
    }

    internal static async Task<JsonElement> JobAsync(this HttpClient client, string id) =>
        await client.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}").InTime();

    /// <summary>Follows a job's events to its end.</summary>
    /// <returns>The job then.</returns>
    internal static async Task<JsonElement> EndOfAsync(this HttpClient client, string id)
    {
        using var reader = new StreamReader(await client.GetStreamAsync($"/v1/jobs/{id}/events").InTime());
        string last = "";
        while (await reader.ReadLineAsync().InTime() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                last = line["data: ".Length..];
        }

        return JsonSerializer.Deserialize<JsonElement>(last);
    }

    /// <summary>Asserts that an answer is a problem with this status and code, and words for people.</summary>
    /// <returns>The words.</returns>
    internal static async Task<string> AssertProblemAsync(this HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == answer.StatusCode, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        string detail = problem.GetProperty("detail").GetString()!;
        Assert.NotEmpty(detail);
        return detail;
    }
}
