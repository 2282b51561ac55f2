using AttentionCluster.House.Tests.Sources;

namespace AttentionCluster.House.Tests.Floors;

/// <summary>Folders import downwards alone, so that every room can be read, tested and moved without those above it.</summary>
public sealed class FloorTests
{
    public static TheoryData<string> Projects() => [.. SourceTree.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_import_only_folders_of_lower_floors(string project)
    {
        FolderGraph graph = FolderGraph.Of(SourceProject.Load(project));
        Assert.NotEmpty(graph.Edges);
        Findings.AreNone(FloorPlan.Read(project).Complaints(graph));
        Assert.Empty(graph.Circle());
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_folder_of_the_plan_exists(string project) =>
        Assert.All(FloorPlan.Read(project).Folders, folder =>
            Assert.True(Directory.Exists(Path.Combine(SourceTree.FolderOf(project), folder)), folder));

    [Fact]
    public void A_circle_of_folders_is_found()
    {
        FolderGraph graph = FolderGraph.Of(SourceProject.Of(
            ("A/One.cs", "namespace A; public sealed class One { public B.Two? Next { get; set; } }"),
            ("B/Two.cs", "namespace B; public sealed class Two { public C.Three? Next { get; set; } }"),
            ("C/Three.cs", "namespace C; public static class Three { public const int Size = 3; public static int Of(object one) => "
                + "((A.One)one).GetHashCode(); }")));
        Assert.Equal(["A", "B", "C", "A"], graph.Circle());
        Assert.Equal(
            ["'C' (floor 1) imports 'A' (floor 3): Three.cs names One"],
            FloorPlan.Parse("X", ["```floors X", "A", "B", "C", "```"]).Complaints(graph));
    }

    [Fact]
    public void A_member_of_a_type_that_is_not_named_counts_as_an_import()
    {
        FolderGraph graph = FolderGraph.Of(SourceProject.Of(
            ("Low/One.cs", "namespace Low; public sealed class One { public High.Two Next => new(); }"),
            ("High/Two.cs", "namespace High; public sealed class Two { public int Size => 2; }"),
            ("Other/Three.cs", "namespace Other; public static class Three { public static int Of(Low.One one) => one.Next.Size; }")));
        Assert.Contains(("Other", "High", "Three.cs names Size"), graph.Edges);
    }

    [Fact]
    public void A_folder_without_a_floor_is_named()
    {
        FolderGraph graph = FolderGraph.Of(SourceProject.Of(
            ("A/One.cs", "namespace A; public sealed class One { public B.Two? Next { get; set; } }"),
            ("B/Two.cs", "namespace B; public sealed class Two;")));
        Assert.Equal(["folder 'B' stands on no floor"], FloorPlan.Parse("X", ["```floors X", "A", "```"]).Complaints(graph));
    }

    /// <summary>The plan is integers in, integers out: it opens nothing, and asks nothing of the machine.</summary>
    [Fact]
    public void The_plan_names_no_machine_and_no_file()
    {
        string[] forbidden =
        [
            "System.IO", "System.Environment", "System.DateTime", "System.TimeProvider", "System.Diagnostics", "System.Random",
                "System.Runtime.Intrinsics",
            "AttentionCluster.Core.Formats", "AttentionCluster.Core.Kernels",
        ];
        SourceProject core = SourceProject.Load("Core");
        IEnumerable<string> named =
            from tree in core.Compilation.SyntaxTrees
            where core.FolderOf(tree.FilePath) == "Planning"
            from use in TypeNames.Of(core, tree)
            where forbidden.Any(place => use.Type.ToDisplayString().StartsWith(place, StringComparison.Ordinal))
            select $"{Path.GetFileName(tree.FilePath)} names {use.Type.ToDisplayString()}";
        Findings.AreNone(named);
    }
}
