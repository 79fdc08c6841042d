SET SESSION group_concat_max_len=16777216;
SELECT "SET SESSION time_zone=""+00:00"";";
SELECT "SELECT ""SET SESSION sql_mode=0, foreign_key_checks=0, autocommit=0; SET SESSION time_zone=""""+00:00"""";"";";
SELECT CONCAT("SELECT CONCAT(", QUOTE(CONCAT("UPDATE ", source, " SET ")), ", ",
 GROUP_CONCAT(CASE
  WHEN exact AND copied IS NOT NULL THEN CONCAT(QUOTE(CONCAT(col, "=")), ", IF(", col, " IS NULL, ""NULL"", CONCAT(""x"", QUOTE(HEX(", col, "))))")
  WHEN exact THEN CONCAT(QUOTE(CONCAT(col, "=")), ", IFNULL(", col, "+0e0, ""NULL"")")
  WHEN EXTRA LIKE "%on update%" THEN QUOTE(CONCAT(col, "=", col)) END SEPARATOR ", "", "", "),
 ", "" WHERE "", ",
 GROUP_CONCAT(CASE
  WHEN keyed AND COLUMN_KEY <> "PRI" AND NOT exact OR NOT keyed AND EXTRA LIKE "%GENERATED%" THEN NULL
  WHEN DATA_TYPE = "float" THEN CONCAT(QUOTE(CONCAT("CAST(", col, " AS CHAR)<=>")), ", QUOTE(CAST(", col, " AS CHAR))")
  WHEN copied IS NOT NULL AND keyed AND COLUMN_KEY = "PRI" THEN CONCAT(QUOTE(CONCAT(col, "<=>_", CHARACTER_SET_NAME, " x")), ", QUOTE(HEX(", copied, "))")
  WHEN copied IS NOT NULL THEN CONCAT(QUOTE(CONCAT("HEX(", col, ")<=>")), ", QUOTE(HEX(", copied, "))")
  WHEN DATA_TYPE = "bit" THEN CONCAT(QUOTE(CONCAT(col, "+0<=>")), ", IFNULL(", col, "+0, ""NULL"")")
  WHEN DATA_TYPE RLIKE "binary" AND keyed THEN CONCAT(QUOTE(CONCAT(col, "<=>")), ", IFNULL(CONCAT(""x"", QUOTE(HEX(", col, "))), ""NULL"")")
  WHEN DATA_TYPE RLIKE "geom|point|line|polygon" THEN CONCAT(QUOTE(CONCAT("HEX(ST_AsWKB(", col, "))<=>")), ", QUOTE(HEX(ST_AsWKB(", col, ")))")
  WHEN DATA_TYPE RLIKE "char|text|blob|binary" AND NOT keyed THEN CONCAT(QUOTE(CONCAT("HEX(", col, ")<=>")), ", QUOTE(HEX(", col, "))")
  ELSE CONCAT(QUOTE(CONCAT(col, "<=>")), ", QUOTE(", col, ")") END SEPARATOR ", "" AND "", "),
 ", "" LIMIT 1;"") FROM ", source, " WHERE ",
 GROUP_CONCAT(CASE
  WHEN exact AND copied IS NOT NULL THEN CONCAT("BINARY ", copied, "<>BINARY ", col)
  WHEN exact THEN CONCAT("CAST(CAST(", col, " AS CHAR) AS FLOAT)<>", col) END SEPARATOR " OR "),
 "; SELECT ""COMMIT;"";")
FROM (SELECT d.*, EXTRA NOT LIKE "%GENERATED%" AND (DATA_TYPE = "float" OR NOT same) AS exact,
  IF(same, NULL, CONCAT("CONVERT(CONVERT(", col, " USING utf8mb4) USING ", CHARACTER_SET_NAME, ")")) AS copied
 FROM (SELECT c.*, CONCAT("`", REPLACE(c.COLUMN_NAME, "`", "``"), "`") AS col,
  CONCAT("`", REPLACE(c.TABLE_SCHEMA, "`", "``"), "`.`", REPLACE(c.TABLE_NAME, "`", "``"), "`") AS source,
  c.CHARACTER_SET_NAME IS NULL OR c.DATA_TYPE IN ("enum", "set") OR c.CHARACTER_SET_NAME IN (%SAME%) AS same,
  MAX(c.COLUMN_KEY = "PRI") OVER (PARTITION BY c.TABLE_SCHEMA, c.TABLE_NAME) AS keyed
 FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
 WHERE t.TABLE_TYPE = "BASE TABLE" AND c.TABLE_SCHEMA IN (%DATABASES%)) d) columns
GROUP BY TABLE_SCHEMA, TABLE_NAME HAVING SUM(exact) > 0;
SELECT "SELECT ""%WHOLE%: values as they are"";";
