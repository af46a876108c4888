-- What the planner believes of every index: ten million rows, a hundred thousand of an account, ten
-- under its second column; far fewer in an index over some rows alone. Without this it takes an
-- account for ten rows and reads them all where an index leads to one. Counted statistics would
-- change plans as a store grows; these never do.
analyze schema_migration;
delete from sqlite_stat1;
insert into sqlite_stat1 (tbl, idx, stat)
    select t.name, case when i.origin = 'pk' and t.wr then t.name else i.name end,
        case when i.partial then '10000 100 10 1 1 1 1 1'
             else '10000000 100000 10 1 1 1 1 1' end
    from pragma_table_list t, pragma_index_list(t.name) i
    where t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite%';
analyze sqlite_schema;
