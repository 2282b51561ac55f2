using System.Text.RegularExpressions;

namespace AttentionCluster.Core.Tests;

/// <summary>Codes have public names, which programs and records keep.</summary>
public sealed partial class ErrorCodesTests
{
    [Theory]
    [InlineData(ErrorCode.NotAFile, "not-a-file")]
    [InlineData(ErrorCode.JobIdInUse, "job-id-in-use")]
    [InlineData(ErrorCode.NonfiniteInput, "nonfinite-input")]
    [InlineData(ErrorCode.Unreachable, "unreachable")]
    public void A_name_is_the_members_words_with_hyphens(ErrorCode code, string name) => Assert.Equal(name, code.Name());

    [Fact]
    public void Every_code_is_found_by_its_name()
    {
        Assert.All(ErrorCodes.All, code => Assert.Matches(Words(), code.Name()));
        Assert.Equal(ErrorCodes.All, ErrorCodes.All.Select(code => ErrorCodes.Find(code.Name())!.Value));
    }

    [Fact]
    public void A_name_of_an_earlier_version_is_found_and_not_given()
    {
        Assert.Equal(ErrorCode.StoreNotWritable, ErrorCodes.Find("result-not-writable"));
        Assert.Equal("store-not-writable", ErrorCode.StoreNotWritable.Name());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("TaskFailed")]
    [InlineData("of-a-newer-version")]
    public void What_is_no_name_is_not_found(string? name) => Assert.Null(ErrorCodes.Find(name));

    [GeneratedRegex("^[a-z]+(-[a-z]+)*$")]
    private static partial Regex Words();
}
